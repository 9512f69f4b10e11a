//! From what pipelines declare to figures: which files, which columns, which revisions.
//!
//! A plot is called by its id, the path of its data or the name that the pipeline file gives it; the
//! same id in several states is one figure with a series for each. How it is drawn says the first
//! state that declares it.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    Cell, Data, Figure, Gallery, Image, ImageGroup, ImageKind, MAX_IMAGE, Problem, Series, Template,
};
use crate::fs::RepoPath;
use crate::pipeline::declared::declared;
use crate::pipeline::failure::{Cause, Failure};
use crate::pipeline::file::{PlotFields, TopPlot};
use crate::pipeline::stage::PlotProps;
use crate::pipeline::{Source as _, State, params};

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Ids of plots, as they were typed, with the paths that they could be; all plots if none.
    pub targets: Vec<(String, Option<RepoPath>)>,
    /// Replaces what the pipeline files say, where set.
    pub props: PlotProps,
}

/// One plot of one state.
#[derive(Clone, Debug)]
struct Definition {
    id: String,
    /// Where the data is, if no axis names files; a directory stands for each file in it.
    path: Option<RepoPath>,
    x: PlotFields,
    y: PlotFields,
    props: PlotProps,
}

/// Reads the plots of all `states`, in their order.
pub fn collect(states: &[State<'_>], request: &Request) -> Gallery {
    let mut gallery = Gallery {
        revisions: states.iter().map(|state| state.name.clone()).collect(),
        ..Gallery::default()
    };
    let mut figures: IndexMap<String, Figure> = IndexMap::new();
    let mut images: IndexMap<String, Vec<Image>> = IndexMap::new();
    for state in states {
        let mut reader = Reader { state, files: HashMap::new() };
        let (definitions, failures) = definitions(state, request);
        gallery.errors.extend(failures);
        for definition in definitions {
            for part in reader.expand(&definition, &mut gallery.errors) {
                reader.add(&part, &mut figures, &mut images, &mut gallery.errors);
            }
        }
    }
    for figure in figures.values_mut() {
        name_series(&mut figure.series);
    }
    gallery.figures = figures.into_values().collect();
    gallery.images = images.into_iter().map(|(id, images)| ImageGroup { id, images }).collect();
    gallery
}

/// What a state declares, as far as it was asked for, and files that were asked for though nobody
/// declares them.
fn definitions(state: &State<'_>, request: &Request) -> (Vec<Definition>, Vec<Failure>) {
    let declared = declared(state);
    let mut all: IndexMap<String, Definition> = IndexMap::new();
    for (path, props) in declared.stage_plots {
        let plain = [PlotProps::default()];
        let props = if props.is_empty() { &plain[..] } else { &props };
        for (at, props) in props.iter().enumerate() {
            let own = |field: &Option<String>| PlotFields::Own(field.iter().cloned().collect());
            let id = match at {
                0 => path.to_string(),
                _ => format!("{path} ({})", at + 1),
            };
            let (x, y) = (own(&props.x), own(&props.y));
            let (path, props) = (Some(path.clone()), props.clone());
            all.insert(id.clone(), Definition { id, path, x, y, props });
        }
    }
    for TopPlot { name, path, x, y, props } in declared.top_plots {
        let names_files = matches!(y, PlotFields::Files(_));
        let id = match &path {
            Some(path) if !names_files => path.to_string(),
            _ => name,
        };
        let path = path.filter(|_| !names_files);
        all.insert(id.clone(), Definition { id, path, x, y, props });
    }
    let mut chosen: Vec<Definition> = Vec::new();
    if request.targets.is_empty() {
        chosen = all.into_values().collect();
    } else {
        for (typed, path) in &request.targets {
            let is_meant = |definition: &&Definition| {
                let below =
                    |of: &RepoPath| path.as_ref().is_some_and(|path| of.below(path).is_some());
                definition.id == *typed || definition.path.as_ref().is_some_and(below)
            };
            let before = chosen.len();
            chosen.extend(all.values().filter(is_meant).cloned());
            if let (true, Some(path)) = (chosen.len() == before, path) {
                let own = || PlotFields::Own(Vec::new());
                let (id, props) = (path.to_string(), PlotProps::default());
                chosen.push(Definition { id, path: Some(path.clone()), x: own(), y: own(), props });
            }
        }
    }
    for definition in &mut chosen {
        override_with(definition, &request.props);
    }
    (chosen, declared.failures)
}

fn override_with(definition: &mut Definition, given: &PlotProps) {
    let replace = |old: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            old.clone_from(new);
        }
    };
    let props = &mut definition.props;
    replace(&mut props.template, &given.template);
    replace(&mut props.x_label, &given.x_label);
    replace(&mut props.y_label, &given.y_label);
    replace(&mut props.title, &given.title);
    props.header = given.header.or(props.header);
    for (fields, given) in [(&mut definition.x, &given.x), (&mut definition.y, &given.y)] {
        if let Some(field) = given {
            *fields = PlotFields::Own(vec![field.clone()]);
        }
    }
}

/// One axis of one series.
type Column = (RepoPath, String);

/// Reads the files of one state, each once.
struct Reader<'a> {
    state: &'a State<'a>,
    files: HashMap<(RepoPath, bool), Arc<Data>>,
}

impl Reader<'_> {
    fn failure(&self, path: &RepoPath, cause: Cause) -> Failure {
        Failure::new(&self.state.name, Some(path), cause)
    }

    /// A definition for each file, where the path is a directory.
    fn expand(&self, definition: &Definition, errors: &mut Vec<Failure>) -> Vec<Definition> {
        let Some(path) = &definition.path else { return vec![definition.clone()] };
        if is_known(path) {
            return vec![definition.clone()];
        }
        let files = match self.state.files_below(path) {
            Ok(files) => files,
            Err(error) => {
                errors.push(self.failure(path, error.into()));
                return Vec::new();
            }
        };
        match &files[..] {
            [] => errors.push(self.failure(path, Cause::Absent)),
            [file] if file == path => {
                errors.push(self.failure(path, Problem::Kind.into()));
            }
            _ => {}
        }
        let of_file = |file: RepoPath| Definition {
            id: file.to_string(),
            path: Some(file),
            ..definition.clone()
        };
        files.into_iter().filter(is_known).map(of_file).collect()
    }

    /// Adds what one definition shows of this state.
    fn add(
        &mut self,
        definition: &Definition,
        figures: &mut IndexMap<String, Figure>,
        images: &mut IndexMap<String, Vec<Image>>,
        errors: &mut Vec<Failure>,
    ) {
        let blamed = definition.path.clone().unwrap_or_default();
        if let Some(kind) = definition.path.as_ref().and_then(ImageKind::of) {
            match self.image(&blamed, kind) {
                Ok(image) => images.entry(definition.id.clone()).or_default().push(image),
                Err(cause) => errors.push(self.failure(&blamed, cause)),
            }
            return;
        }
        let template = match definition.props.template.as_deref().map(Template::parse) {
            None => Template::default(),
            Some(Ok(template)) => template,
            Some(Err(problem)) => {
                errors.push(self.failure(&blamed, problem.into()));
                Template::default()
            }
        };
        match self.figure(definition, template) {
            Ok(figure) => match figures.get_mut(&definition.id) {
                Some(known) => known.series.extend(figure.series),
                None => drop(figures.insert(definition.id.clone(), figure)),
            },
            Err((path, cause)) => errors.push(self.failure(&path, cause)),
        }
    }

    fn image(&self, path: &RepoPath, kind: ImageKind) -> Result<Image, Cause> {
        let bytes = self.state.read(path)?.ok_or(Cause::Absent)?;
        if bytes.len() > MAX_IMAGE {
            return Err(Problem::ImageTooLarge { size: bytes.len() }.into());
        }
        Ok(Image::new(self.state.name.clone(), path.clone(), kind, bytes))
    }

    fn figure(
        &mut self,
        definition: &Definition,
        template: Template,
    ) -> Result<Figure, (RepoPath, Cause)> {
        let header = definition.props.header.unwrap_or(true);
        let ys = self.columns(&definition.y, definition.path.as_ref(), header)?;
        let blamed = ys.first().map_or_else(RepoPath::root, |(file, _)| file.clone());
        let problem = |problem: Problem| (blamed.clone(), Cause::from(problem));
        let xs: Vec<Option<Column>> = match &definition.x {
            PlotFields::Own(fields) => match &fields[..] {
                [] => vec![None; ys.len()],
                [field] => ys.iter().map(|(file, _)| Some((file.clone(), field.clone()))).collect(),
                fields if fields.len() == ys.len() => (ys.iter().zip(fields))
                    .map(|((file, _), field)| Some((file.clone(), field.clone())))
                    .collect(),
                fields => return Err(problem(Problem::Axes { x: fields.len(), y: ys.len() })),
            },
            PlotFields::Files(_) => {
                let found = self.columns(&definition.x, None, header)?;
                match &found[..] {
                    [one] => vec![Some(one.clone()); ys.len()],
                    found if found.len() == ys.len() => found.iter().cloned().map(Some).collect(),
                    found => return Err(problem(Problem::Axes { x: found.len(), y: ys.len() })),
                }
            }
        };
        let needs_both = template.is_confusion() || template.is_bar();
        if needs_both && xs.iter().any(Option::is_none) {
            return Err(problem(Problem::NeedsBoth));
        }
        let mut series = Vec::with_capacity(ys.len());
        for ((file, field), x) in ys.iter().zip(&xs) {
            let y = self.column(file, field, header)?;
            let x = match x {
                Some((file, field)) => self.column(file, field, header)?,
                None => (0..y.len()).map(|at| Cell::Number(at as f64)).collect(),
            };
            if x.len() != y.len() {
                let (x, y) = (x.len(), y.len());
                return Err((file.clone(), Problem::Lengths { x, y }.into()));
            }
            series.push(Series {
                name: self.state.name.clone(),
                revision: self.state.name.clone(),
                file: file.clone(),
                field: field.clone(),
                x,
                y,
            });
        }
        let props = &definition.props;
        let x_fields = xs.iter().flatten().map(|(_, field)| &field[..]);
        Ok(Figure {
            id: definition.id.clone(),
            title: props.title.clone().unwrap_or_else(|| definition.id.clone()),
            x_label: props.x_label.clone().unwrap_or_else(|| common(x_fields, "step", "x")),
            y_label: (props.y_label.clone())
                .unwrap_or_else(|| common(ys.iter().map(|(_, field)| &field[..]), "y", "y")),
            template,
            series,
        })
    }

    /// The columns that `fields` names; where it names none, the last one of the file.
    fn columns(
        &mut self,
        fields: &PlotFields,
        own: Option<&RepoPath>,
        header: bool,
    ) -> Result<Vec<Column>, (RepoPath, Cause)> {
        let own_fields = |fields: &Vec<String>| own.map(|own| (own.clone(), fields.clone()));
        let files: Vec<(RepoPath, Vec<String>)> = match fields {
            PlotFields::Own(fields) => own_fields(fields).into_iter().collect(),
            PlotFields::Files(files) => files.clone(),
        };
        let mut columns = Vec::new();
        for (file, fields) in files {
            if !fields.is_empty() {
                columns.extend(fields.into_iter().map(|field| (file.clone(), field)));
                continue;
            }
            let last = self.data(&file, header).map_err(|cause| (file.clone(), cause))?.columns();
            let no_columns = || (file.clone(), Problem::NoColumns.into());
            let last = last.into_iter().next_back().ok_or_else(no_columns)?;
            columns.push((file, last));
        }
        Ok(columns)
    }

    fn column(
        &mut self,
        file: &RepoPath,
        field: &str,
        header: bool,
    ) -> Result<Vec<Cell>, (RepoPath, Cause)> {
        let data = self.data(file, header).map_err(|cause| (file.clone(), cause))?;
        data.column(field).map_err(|problem| (file.clone(), problem.into()))
    }

    fn data(&mut self, path: &RepoPath, header: bool) -> Result<Arc<Data>, Cause> {
        let key = (path.clone(), header);
        if let Some(known) = self.files.get(&key) {
            return Ok(Arc::clone(known));
        }
        let data = match DataKind::of(path) {
            None => return Err(Problem::Kind.into()),
            Some(DataKind::Separated(delimiter)) => {
                let bytes = self.state.read(path)?.ok_or(Cause::Absent)?;
                Data::separated(bytes, delimiter, header)
            }
            Some(DataKind::Records) => {
                let value = params::read(self.state, path)?;
                Data::records(value.ok_or(Cause::Absent)?)
            }
        };
        let data = Arc::new(data?);
        self.files.insert(key, Arc::clone(&data));
        Ok(data)
    }
}

#[derive(Clone, Copy, Debug)]
enum DataKind {
    Separated(u8),
    Records,
}

impl DataKind {
    /// By the name of the file.
    fn of(path: &RepoPath) -> Option<DataKind> {
        let name = path.file_name().to_ascii_lowercase();
        let at = name.iter().rposition(|&b| b == b'.')?;
        match &name[at + 1..] {
            b"csv" => Some(DataKind::Separated(b',')),
            b"tsv" => Some(DataKind::Separated(b'\t')),
            b"json" | b"yaml" | b"yml" => Some(DataKind::Records),
            _ => None,
        }
    }
}

/// Whether the name is one of data or of an image.
fn is_known(path: &RepoPath) -> bool {
    DataKind::of(path).is_some() || ImageKind::of(path).is_some()
}

/// The one name that all have; `none` if there are no names, `many` if they differ.
fn common<'a>(mut names: impl Iterator<Item = &'a str>, none: &str, many: &str) -> String {
    let Some(first) = names.next() else { return none.to_owned() };
    if names.all(|name| name == first) { first.to_owned() } else { many.to_owned() }
}

/// Calls each series by its revision, and by what else it takes to tell it from the others.
fn name_series(series: &mut [Series]) {
    let differ =
        |of: &dyn Fn(&Series) -> String| series.iter().any(|one| of(one) != of(&series[0]));
    let by_file = differ(&|one| one.file.to_string());
    let by_field = differ(&|one| one.field.clone());
    for one in series {
        let file = by_file.then(|| one.file.to_string());
        let field = by_field.then(|| one.field.clone());
        let parts: Vec<String> =
            [Some(one.revision.clone()), file, field].into_iter().flatten().collect();
        one.name = parts.join(": ");
    }
}
