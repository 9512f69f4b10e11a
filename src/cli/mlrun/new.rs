//! `git mlrun new`.

use crate::cli::{CliError, Outcome, Ui};
use crate::fs::unix_time_ns;
use crate::scaffold::questions::{Defaults, Given};
use crate::scaffold::render::Place;
use crate::scaffold::source::Request;
use crate::scaffold::{Limits, Moment, builtin, generate, source, write};

/// Make a project from a template
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// The directory to make
    name: String,
    /// A built-in name, or a directory
    #[arg(short, long, value_name = "TEMPLATE", default_value = builtin::DEFAULT)]
    template: String,
}

pub fn run(ui: &Ui, args: &NewArgs) -> Result<Outcome, CliError> {
    let here = std::env::current_dir().map_err(CliError::user)?;
    let limits = Limits::default();
    let request = Request { source: args.template.clone(), ..Request::default() };
    let fetched = source::fetch(&request, &here, &limits)?;
    let now = i128::from(unix_time_ns());
    let time = jiff::Timestamp::from_nanosecond(now).map_err(CliError::internal)?;
    let moment = Moment { time, seed: 0 };
    let made =
        generate(fetched, &Given::default(), Place::default(), &mut Defaults, moment, &limits)?;
    let draft = write::Draft::new(&here.join(&args.name), false)?;
    draft.write(&made.rendered.files, &|| false)?;
    draft.publish()?;
    ui.status(format_args!("Made `{}`.", args.name));
    Ok(Outcome::Done)
}
