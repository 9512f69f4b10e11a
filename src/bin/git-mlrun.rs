use std::process::ExitCode;

fn main() -> ExitCode {
    gitml::cli::mlrun::main()
}
