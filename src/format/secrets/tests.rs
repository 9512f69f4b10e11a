use super::*;
use std::path::Path;

/// Characters in no order, the same in each test: no real secret stands in this file.
fn random(len: usize, alphabet: &str) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet.as_bytes()[(state % alphabet.len() as u64) as usize] as char
    };
    (0..len).map(|_| next()).collect()
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &str = "0123456789abcdef";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn what(text: &str) -> Option<&'static str> {
    find(text.as_bytes()).map(|finding| finding.what)
}

#[test]
fn documented_tokens_are_found() {
    let some = |len| random(len, LETTERS);
    let openai = format!("sk-{}{OPENAI}{}", some(20), some(20));
    let aws = format!("key = AKIA{}\nsecret = {}\n", random(16, UPPER), some(40));
    let secret = some(40);
    let dashes = "-".repeat(5);
    let pem = format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n{}\n", some(64));
    let json = format!("\"{dashes}BEGIN PRIVATE KEY{dashes}\\n{}\\n\"", some(64));
    for (text, expected) in [
        (format!("x ghp_{} y", some(36)), "GitHub token"),
        (format!("github_pat_{}_{}", some(22), some(59)), "GitHub token"),
        (format!("token='glpat-{}'", some(20)), "GitLab token"),
        (format!("HF_TOKEN=hf_{}", some(34)), "Hugging Face token"),
        (format!("xoxb-{}-{}", random(12, "0123456789"), some(36)), "Slack token"),
        (openai.clone(), "OpenAI key"),
        (openai.replace("sk-", "sk-proj-"), "OpenAI key"),
        (format!("sk-ant-api03-{}", some(93)), "Anthropic key"),
        (format!("AIza{}", some(35)), "Google API key"),
        (aws, "AWS access key"),
        (format!("aws_secret_access_key = \"{secret}\""), "AWS secret key"),
        (format!("AWS_SECRET_ACCESS_KEY={secret}"), "AWS secret key"),
        (format!("\"SecretAccessKey\": \"{secret}\","), "AWS secret key"),
        (pem, "private key"),
        (json, "private key"),
        (format!("export WANDB_API_KEY={}", random(40, HEX)), "Weights & Biases key"),
        (format!("'WANDB_API_KEY': \"{}\",", random(40, HEX)), "Weights & Biases key"),
        (format!("os.environ[\"WANDB_API_KEY\"] = '{}'", random(40, HEX)), "Weights & Biases key"),
        (format!("machine h login me\n  password {}\n", some(12)), "password"),
    ] {
        assert_eq!(what(&text), Some(expected), "{text}");
        let line = find(format!("\n\n{text}").as_bytes()).expect("found").line;
        assert_eq!(line, 3, "{text}");
        let allowed: String = text.lines().map(|line| format!("{line} # {ALLOW}\n")).collect();
        assert_eq!(what(&allowed), None, "{allowed}");
    }
}

#[test]
fn what_only_looks_like_one_is_none() {
    let some = |len| random(len, LETTERS);
    let dashes = "-".repeat(5);
    for text in [
        format!("ghp_{}", some(35)),
        format!("ghp_{}", "x".repeat(36)),
        format!("a_ghp_{}", some(36)),
        format!("AIza{}", some(36)),
        format!("sk-{}", some(48)),
        format!("AKIA{}", random(16, UPPER)),
        format!("AKIAIOSFODNN7EXAMPLE {}", some(40)),
        format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n..."),
        format!("aws_secret_access_key = {}", some(41)),
        format!("aws_secret_access_key = {}", random(40, HEX)),
        format!("{dashes}BEGIN CERTIFICATE{dashes}\n{}\n", some(64)),
        format!("WANDB_API_KEY={}", random(39, HEX)),
        format!("WANDB_API_KEY={}", random(41, HEX)),
        format!("WANDB_API_KEY={}", "0".repeat(40)),
        format!("WANDB_API_KEY {}", random(40, HEX)),
        format!("MY_WANDB_API_KEY={}", random(40, HEX)),
        format!("commit={}", random(40, HEX)),
        "machine learning needs a login and a password".into(),
        format!("machine h login me password {}", "x".repeat(8)),
    ] {
        assert_eq!(what(&text), None, "{text}");
    }
}

#[test]
fn names_tell_where_values_are_secrets() {
    let value = random(32, HEX);
    let line = format!("DEBUG=1\nAPI_KEY={value}\n");
    let found = |name: &str| find_in_file(name.as_bytes(), line.as_bytes());
    for name in [".env", ".env.local", "prod.env", "a.b.env", "credentials.json", "kaggle.json"] {
        let expected = Finding { what: "high-entropy value", line: 2 };
        assert_eq!(found(name), Some(expected), "{name}");
    }
    for name in
        ["params.yaml", ".env.example", ".env.example.local", "example.env", "env", "my-env"]
    {
        assert_eq!(found(name), None, "{name}");
    }
    let harmless = b"API_BASE=https://models.internal.company.com/v1\nPATH_TO=/a/b/c\n";
    assert_eq!(find_in_file(b".env", harmless), None);
    let allowed = line.replace(&value, &format!("{value} # {ALLOW}"));
    assert_eq!(find_in_file(b".env", allowed.as_bytes()), None);
}

#[test]
fn all_lines_with_a_secret_are_found() {
    let token = |n: usize| format!("ghp_{}", random(36 + n, LETTERS));
    let (first, second) = (token(0), token(1));
    let text = format!(
        "{first} {second}\n{first} # {ALLOW}\nx\n\"a\\n{second}\"\n{first}\nKEY={}\n",
        random(32, HEX)
    );
    let lines = |name: &str, limit| -> Vec<u64> {
        let found = find_all_in_file(name.as_bytes(), text.as_bytes(), limit);
        let lines: Vec<&str> = text.lines().collect();
        for (finding, line) in &found {
            assert_eq!(lines[finding.line as usize - 1].as_bytes(), *line);
        }
        found.into_iter().map(|(finding, _)| finding.line).collect()
    };
    assert_eq!(lines("a.py", 10), [1, 4, 5]);
    assert_eq!(lines(".env", 10), [1, 4, 5, 6]);
    assert_eq!(lines(".env", 2), [1, 4]);
    assert_eq!(lines("a.py", 0), Vec::<u64>::new());
}

/// Ids, hashes, test data and prose: none of this repository's files has a secret.
#[test]
fn nothing_is_found_in_this_repository() {
    let mut files = 0;
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(path) = pending.pop() {
        for entry in std::fs::read_dir(path).expect("readable").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if name == "target" || name == ".git" {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                files += 1;
                let found = find_in_file(name.as_encoded_bytes(), &bytes);
                assert_eq!(found, None, "{}", path.display());
            }
        }
    }
    assert!(files > 300, "only {files} files were read");
}

#[test]
fn a_credential_is_told_once() {
    let dashes = "-".repeat(5);
    let body: String = (0..20).map(|n| random(64 - n, LETTERS) + "\n").collect();
    let pem = format!(
        "{dashes}BEGIN RSA PRIVATE KEY{dashes}\n{body}{dashes}END RSA PRIVATE KEY{dashes}\n"
    );
    let certificate = pem.replace("RSA PRIVATE KEY", "CERTIFICATE");
    let lines = |name: &str, text: &str| -> Vec<(u64, &'static str)> {
        let found = find_all_in_file(name.as_bytes(), text.as_bytes(), 10);
        found.into_iter().map(|(finding, _)| (finding.line, finding.what)).collect()
    };
    for name in ["id_rsa", "key.pem", ".env"] {
        assert_eq!(lines(name, &format!("{certificate}\n{pem}")), [(24, "private key")], "{name}");
    }
    // What follows is looked at, also where a key has no end.
    let after = format!("KEY={}\n", random(32, HEX));
    assert_eq!(lines(".env", &(pem.clone() + &after)).len(), 2);
    let cut = pem.replace(&format!("{dashes}END"), "");
    assert!(lines(".env", &(cut + &after)).len() > 2);
    let (id, key) = (random(16, UPPER), random(40, LETTERS));
    let aws = format!("[default]\naws_access_key_id = AKIA{id}\naws_secret_access_key = {key}\n");
    for name in ["a.py", "credentials"] {
        assert_eq!(lines(name, &aws), [(3, "AWS secret key")]);
    }
}
