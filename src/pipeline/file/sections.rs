//! The parts of a pipeline file beside its stages: params, metrics, plots, artifacts.

use serde::de::DeserializeOwned;

use super::schema::{Artifact as ArtifactShape, Pipeline, PlotDefinition};
use super::shapes::PerFile;
use super::{Artifact, Reader, paths};
use crate::format::yaml::{self, Data, Mark, Node};
use crate::fs::RepoPath;
use crate::pipeline::Result;
use crate::pipeline::stage::{About, PlotProps};
use crate::pipeline::template::{Place, Resolver};

/// A plot that the pipeline file defines outside of any stage.
#[derive(Clone, Debug, PartialEq)]
pub struct TopPlot {
    /// As it is written: a path, or a name where `x` or `y` name files.
    pub name: String,
    /// `name` as a path; `None` where that would leave the repository.
    pub path: Option<RepoPath>,
    pub x: PlotFields,
    pub y: PlotFields,
    /// Template, title and labels; never `x` or `y`.
    pub props: PlotProps,
}

/// Fields of one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlotFields {
    /// Of the file that the plot is named after; empty for the default.
    Own(Vec<String>),
    /// File by file.
    Files(Vec<(RepoPath, Vec<String>)>),
}

impl Reader<'_> {
    pub(super) fn sections(&mut self, pipeline: &Pipeline) -> Result<()> {
        self.loaded.params = self.paths(pipeline.params.as_ref())?;
        self.loaded.metrics = self.paths(pipeline.metrics.as_ref())?;
        if let Some(plots) = &pipeline.plots {
            self.plots(plots)?;
        }
        if let Some(artifacts) = &pipeline.artifacts {
            self.artifacts(artifacts)?;
        }
        if let Some(datasets) = &pipeline.datasets {
            self.note(datasets.mark, "`datasets` is for DVC only and was ignored");
        }
        Ok(())
    }

    fn resolve(&self, node: &Node) -> Result<Node> {
        let mut resolver = Resolver::new(&self.context, &[]);
        resolver.node(node, Place::Section).map_err(|problem| self.text.template(problem))
    }

    fn typed<T: DeserializeOwned>(&self, node: &Node) -> Result<T> {
        yaml::from_node(node).map_err(|problem| self.text.problem(problem))
    }

    fn inside(&self, text: &str, mark: Mark) -> Result<RepoPath> {
        paths::inside(&self.directory, text).or_else(|message| self.error(mark, message))
    }

    fn paths(&self, list: Option<&Node>) -> Result<Vec<RepoPath>> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let list = self.resolve(list)?;
        let texts: Vec<String> = self.typed::<Option<_>>(&list)?.unwrap_or_default();
        let marks = list.as_list().unwrap_or_default().iter().map(|node| node.mark);
        texts.iter().zip(marks).map(|(text, mark)| self.inside(text, mark)).collect()
    }

    fn plots(&mut self, plots: &Node) -> Result<()> {
        let plots = self.resolve(plots)?;
        let plain = PlotDefinition::default;
        match &plots.data {
            Data::List(items) => {
                for item in items {
                    match &item.data {
                        Data::Map(entries) => {
                            for (key, node) in entries {
                                let definition: Option<PlotDefinition> = self.typed(node)?;
                                let definition = definition.unwrap_or_else(plain);
                                self.plot(&key.name, key.mark, definition)?;
                            }
                        }
                        _ => self.plot(&self.typed::<String>(item)?, item.mark, plain())?,
                    }
                }
                Ok(())
            }
            _ if plots.is_null() => Ok(()),
            _ => self.error(plots.mark, format!("`plots` is a list, not {}", plots.kind())),
        }
    }

    fn plot(&mut self, name: &str, mark: Mark, definition: PlotDefinition) -> Result<()> {
        let PlotDefinition { x, y, x_label, y_label, title, template } = definition;
        let plot = TopPlot {
            name: name.to_owned(),
            path: paths::inside(&self.directory, name).ok(),
            x: self.fields(x, mark)?,
            y: self.fields(y, mark)?,
            props: PlotProps { template, x_label, y_label, title, ..PlotProps::default() },
        };
        self.loaded.plots.push(plot);
        Ok(())
    }

    fn fields(&self, fields: Option<PerFile>, mark: Mark) -> Result<PlotFields> {
        Ok(match fields {
            None => PlotFields::Own(Vec::new()),
            Some(PerFile::Fields(fields)) => PlotFields::Own(fields),
            Some(PerFile::Files(files)) => {
                let files = files.into_iter();
                let file = |(file, fields): (String, _)| Ok((self.inside(&file, mark)?, fields));
                PlotFields::Files(files.map(file).collect::<Result<_>>()?)
            }
        })
    }

    fn artifacts(&mut self, artifacts: &Node) -> Result<()> {
        let artifacts = self.resolve(artifacts)?;
        let Some(entries) = artifacts.as_map() else {
            let message = format!("`artifacts` is a map of names, not {}", artifacts.kind());
            return if artifacts.is_null() { Ok(()) } else { self.error(artifacts.mark, message) };
        };
        for (key, node) in entries {
            let ArtifactShape { path, desc, r#type, labels, meta } = self.typed(node)?;
            let mark = node.get("path").map_or(node.mark, |path| path.mark);
            let path = self.inside(&path, mark)?;
            let about = About { desc, kind: r#type, labels: labels.unwrap_or_default(), meta };
            self.loaded.artifacts.insert(key.name.clone(), Artifact { path, about });
        }
        Ok(())
    }
}
