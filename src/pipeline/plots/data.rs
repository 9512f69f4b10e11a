//! The data of plots: columns of CSV and TSV files, and of lists of records in JSON and YAML.
//!
//! A file is kept as it is and read again for each column that is drawn: few are, and a file of a
//! million rows never becomes a million maps.

use super::Problem;
use crate::format::Value;

/// One value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing stands there.
    Missing,
    Number(f64),
    Text(String),
}

impl Cell {
    fn of_text(text: &str) -> Cell {
        let text = text.trim();
        if text.is_empty() {
            return Cell::Missing;
        }
        text.parse().map_or_else(|_| Cell::Text(text.to_owned()), Cell::Number)
    }

    fn of_value(value: Option<&Value>) -> Cell {
        match value {
            None | Some(Value::Null) => Cell::Missing,
            Some(Value::Int(int)) => Cell::Number(*int as f64),
            Some(Value::Float(float)) => Cell::Number(*float),
            Some(Value::Bool(bool)) => Cell::Text(bool.to_string()),
            Some(Value::String(text)) => Cell::Text(text.clone()),
            Some(Value::List(_) | Value::Map(_)) => Cell::Missing,
        }
    }
}

/// A file of data.
#[derive(Debug)]
pub enum Data {
    Separated { bytes: Vec<u8>, delimiter: u8, header: bool, columns: Vec<String> },
    Records(Vec<Value>),
}

impl Data {
    /// Reads CSV (`b','`) or TSV (`b'\t'`). Without a header, columns are called by their numbers,
    /// from 0 on.
    ///
    /// # Errors
    /// The file has no first line.
    pub fn separated(bytes: Vec<u8>, delimiter: u8, header: bool) -> Result<Data, Problem> {
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => rest.to_vec(),
            None => bytes,
        };
        let mut first = csv::ByteRecord::new();
        let found = reader(&bytes, delimiter, false).read_byte_record(&mut first);
        if !matches!(found, Ok(true)) {
            return Err(Problem::Empty);
        }
        let name = |(at, field): (usize, &[u8])| match header {
            true => String::from_utf8_lossy(field).trim().to_owned(),
            false => at.to_string(),
        };
        let columns = first.iter().enumerate().map(name).collect();
        Ok(Data::Separated { bytes, delimiter, header, columns })
    }

    /// Takes a list of records, or the lists of records that a map holds, however deep: several of
    /// one length or another are put side by side.
    ///
    /// # Errors
    /// There is no list of records.
    pub fn records(value: Value) -> Result<Data, Problem> {
        let mut lists = Vec::new();
        collect(value, &mut lists);
        let mut lists = lists.into_iter();
        let Some(mut records) = lists.next() else { return Err(Problem::NoRecords) };
        for list in lists {
            let common = records.len().min(list.len());
            let mut list = list.into_iter();
            for (record, more) in records.iter_mut().zip(list.by_ref().take(common)) {
                if let (Value::Map(record), Value::Map(more)) = (record, more) {
                    record.extend(more);
                }
            }
            records.extend(list);
        }
        Ok(Data::Records(records))
    }

    /// Names of the columns, in the order of the file; of records, those of the first one.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Data::Separated { columns, .. } => columns.clone(),
            Data::Records(records) => match records.first() {
                Some(Value::Map(record)) => record.keys().cloned().collect(),
                _ => Vec::new(),
            },
        }
    }

    /// The values of a column, one for each row. In records, `name` may be a dotted path.
    ///
    /// # Errors
    /// There is no such column, or a row cannot be read.
    pub fn column(&self, name: &str) -> Result<Vec<Cell>, Problem> {
        let unknown = || Problem::NoColumn { name: name.to_owned(), known: self.columns() };
        match self {
            Data::Separated { bytes, delimiter, header, columns } => {
                let at = columns.iter().position(|column| column == name).ok_or_else(unknown)?;
                let mut reader = reader(bytes, *delimiter, *header);
                let mut record = csv::ByteRecord::new();
                let mut cells = Vec::new();
                while reader.read_byte_record(&mut record).map_err(Problem::csv)? {
                    let field = record.get(at).unwrap_or_default();
                    cells.push(Cell::of_text(&String::from_utf8_lossy(field)));
                }
                Ok(cells)
            }
            Data::Records(records) => {
                let cells: Vec<Cell> =
                    records.iter().map(|record| Cell::of_value(record.get(name))).collect();
                let is_known = records.iter().any(|record| record.get(name).is_some());
                if is_known || records.is_empty() { Ok(cells) } else { Err(unknown()) }
            }
        }
    }
}

fn reader(bytes: &[u8], delimiter: u8, has_headers: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(has_headers)
        .flexible(true)
        .from_reader(bytes)
}

/// Finds lists whose items are all maps; an empty list counts.
fn collect(value: Value, found: &mut Vec<Vec<Value>>) {
    match value {
        Value::List(items) if items.iter().all(|item| item.as_map().is_some()) => found.push(items),
        Value::Map(map) => map.into_values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::value::Map;

    fn map(pairs: Vec<(&str, Value)>) -> Value {
        Value::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map>())
    }

    #[test]
    fn columns_of_separated_values() {
        let text = "\u{feff}step,\"loss, train\",name\n0,1e-1,a\n1,,\"b\nc\"\n2,nan\n";
        let data = Data::separated(text.into(), b',', true).expect("valid");
        assert_eq!(data.columns(), ["step", "loss, train", "name"]);
        let loss = data.column("loss, train").expect("known");
        assert_eq!(loss[..2], [Cell::Number(0.1), Cell::Missing]);
        assert!(matches!(loss[2], Cell::Number(nan) if nan.is_nan()));
        let name = data.column("name").expect("known");
        assert_eq!(name, [Cell::Text("a".into()), Cell::Text("b\nc".into()), Cell::Missing]);
        let error = data.column("acc").expect_err("no such column").to_string();
        assert_eq!(error, "it has no column `acc`, only `step`, `loss, train`, `name`");
    }

    #[test]
    fn columns_without_a_header_are_numbered() {
        let data = Data::separated(b"1\t2\n3\t4".to_vec(), b'\t', false).expect("valid");
        assert_eq!(data.columns(), ["0", "1"]);
        assert_eq!(data.column("1").expect("known"), [Cell::Number(2.0), Cell::Number(4.0)]);
        assert!(Data::separated(Vec::new(), b',', true).is_err());
    }

    #[test]
    fn records_are_found_where_they_are() {
        let record = |step: i128| map(vec![("step", Value::Int(step)), ("ok", Value::Bool(true))]);
        let loss = |value: f64| map(vec![("loss", map(vec![("val", Value::Float(value))]))]);
        let plain = Data::records(Value::List(vec![record(0), record(1)])).expect("valid");
        assert_eq!(plain.columns(), ["step", "ok"]);
        let nested = map(vec![
            ("note", Value::String("x".into())),
            ("train", map(vec![("log", Value::List(vec![record(0), record(1)]))])),
            ("val", Value::List(vec![loss(0.5), loss(0.25), loss(0.125)])),
        ]);
        let nested = Data::records(nested).expect("valid");
        assert_eq!(nested.columns(), ["step", "ok", "loss"]);
        let cells = nested.column("loss.val").expect("known");
        assert_eq!(cells, [0.5, 0.25, 0.125].map(Cell::Number));
        assert_eq!(nested.column("step").expect("known")[2], Cell::Missing);
        for bad in [Value::Int(1), Value::List(vec![Value::Int(1)]), map(vec![])] {
            assert!(Data::records(bad).is_err());
        }
    }
}
