//! Diagrams as indented lists, for those that no terminal is wide enough for.
//!
//! What nothing needs stands at the margin, and below it, further in, what it needs itself. What
//! stands somewhere already is named again with `(*)`, without all that is below it, so that the list
//! is no longer than there are lines in the diagram.

use super::Diagram;

pub(super) fn list(diagram: &Diagram) -> String {
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); diagram.names.len()];
    diagram.lines().for_each(|(from, to)| needs[to].push(from));
    let mut lister =
        Lister { diagram, needs, seen: vec![false; diagram.names.len()], text: String::new() };
    for (at, needed_by) in diagram.needed_by.iter().enumerate() {
        if needed_by.is_empty() {
            lister.tree(at);
        }
    }
    // Groups may need each other in a circle: then nothing of it is at the margin yet.
    for at in 0..diagram.names.len() {
        if !lister.seen[at] {
            lister.tree(at);
        }
    }
    lister.text
}

struct Lister<'a> {
    diagram: &'a Diagram,
    needs: Vec<Vec<usize>>,
    seen: Vec<bool>,
    text: String,
}

impl Lister<'_> {
    /// Writes a node and all that is below it. No recursion: a chain may be as long as a file.
    fn tree(&mut self, root: usize) {
        // What is above in the list, with how many of its needs are written.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if self.line(&path, root) {
            path.push((root, 0));
        }
        while let Some((node, written)) = path.last_mut() {
            let Some(&next) = self.needs[*node].get(*written) else {
                path.pop();
                continue;
            };
            *written += 1;
            if self.line(&path, next) {
                path.push((next, 0));
            }
        }
    }

    /// Writes one line; says whether something is to be written below it.
    fn line(&mut self, path: &[(usize, usize)], node: usize) -> bool {
        for (depth, &(above, written)) in path.iter().enumerate() {
            let is_last = written == self.needs[above].len();
            self.text.push_str(match (depth + 1 == path.len(), is_last) {
                (false, false) => "│   ",
                (false, true) => "    ",
                (true, false) => "├── ",
                (true, true) => "└── ",
            });
        }
        self.text.push_str(&self.diagram.names[node]);
        let seen = std::mem::replace(&mut self.seen[node], true);
        let again = seen && !self.needs[node].is_empty();
        self.text.push_str(if again { " (*)\n" } else { "\n" });
        !seen
    }
}
