//! Diagrams as indented lists, for those that no terminal is wide enough for.
//!
//! What nothing needs stands at the margin, and below it, further in, what it needs itself. What
//! stands somewhere already is named again with `(*)`, without all that is below it; what would be too
//! far in has it too, and stands at the margin further down. So the list is no longer than there are
//! lines in the diagram, and no line of it is much longer than a name.

use super::Diagram;

/// How far in names stand at most.
const MAX_DEPTH: usize = 20;

pub(super) fn list(diagram: &Diagram) -> String {
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); diagram.names.len()];
    diagram.lines().for_each(|(from, to)| needs[to].push(from));
    let mut lister = Lister {
        diagram,
        needs,
        seen: vec![false; diagram.names.len()],
        later: Vec::new(),
        text: String::new(),
    };
    for (at, needed_by) in diagram.needed_by.iter().enumerate() {
        if needed_by.is_empty() {
            lister.tree(at);
        }
    }
    while let Some(at) = lister.later.pop() {
        if !lister.seen[at] {
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
    /// What is too far in where it was named.
    later: Vec<usize>,
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
        let is_leaf = self.needs[node].is_empty();
        let elsewhere = self.seen[node] || (path.len() == MAX_DEPTH && !is_leaf);
        if !elsewhere || is_leaf {
            self.seen[node] = true;
        } else if !self.seen[node] {
            self.later.push(node);
        }
        self.text.push_str(if elsewhere && !is_leaf { " (*)\n" } else { "\n" });
        !elsewhere
    }
}
