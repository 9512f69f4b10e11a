//! What somebody may have meant.

/// How many are worth showing.
const SHOWN: usize = 3;

/// Names longer than this are not compared, in characters.
const MAX_LEN: usize = 64;

/// Those of `names` that are a few keystrokes from `typed`, the nearest first.
pub fn near<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let allowed = 1 + typed.chars().count() / 4;
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(typed, name), name))
        .filter(|&(distance, _)| distance <= allowed)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(SHOWN).map(|(_, name)| name.to_owned()).collect()
}

/// The fewest insertions, removals, replacements and swaps of neighbours that make `a` of `b`, without
/// regard to case.
fn distance(a: &str, b: &str) -> usize {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (a, b) = (lower(a), lower(b));
    if a.len().max(b.len()) > MAX_LEN {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let names = ["train", "trial", "prepare", "eval", "evaluate", "Train2"];
        for (typed, expected) in [
            ("trian", &["train", "trial", "Train2"][..]),
            ("TRAIN", &["train", "Train2", "trial"]),
            ("prepar", &["prepare"]),
            ("evla", &["eval"]),
            ("evaluat", &["evaluate"]),
            ("deploy", &[]),
            ("", &[]),
            (&"x".repeat(1000), &[]),
        ] {
            assert_eq!(near(typed, names), expected, "{typed}");
        }
        assert_eq!(near("a", ["b", "c", "d", "e"]).len(), SHOWN);
    }
}
