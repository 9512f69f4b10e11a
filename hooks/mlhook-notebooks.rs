use std::process::ExitCode;

fn main() -> ExitCode {
    gitml::cli::mlhook::Notebooks::main()
}
