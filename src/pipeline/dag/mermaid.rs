//! Diagrams in the language of Mermaid (<https://mermaid.js.org/syntax/flowchart.html>), which GitHub
//! and GitLab draw where it stands in Markdown.

use super::Diagram;

pub(super) fn write(diagram: &Diagram) -> String {
    let mut text = String::from("flowchart TD\n");
    for (at, name) in diagram.names.iter().enumerate() {
        // `#` begins the code of a character.
        let name = name.replace('#', "#35;").replace('"', "#quot;");
        text.push_str(&format!("    n{at}[\"{name}\"]\n"));
    }
    for (from, to) in diagram.lines() {
        text.push_str(&format!("    n{from} --> n{to}\n"));
    }
    text
}
