use std::process::ExitCode;

fn main() -> ExitCode {
    gitml::cli::mlhook::Lint::main()
}
