//! Diagrams in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).

use super::Diagram;

pub(super) fn write(diagram: &Diagram) -> String {
    let quoted = |at: usize| {
        let name = diagram.names[at].replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\"")
    };
    let mut text = String::from("strict digraph {\n");
    for at in 0..diagram.names.len() {
        text.push_str(&format!("    {};\n", quoted(at)));
    }
    for (from, to) in diagram.lines() {
        text.push_str(&format!("    {} -> {};\n", quoted(from), quoted(to)));
    }
    text.push_str("}\n");
    text
}
