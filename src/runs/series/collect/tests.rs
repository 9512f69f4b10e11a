use super::*;

fn collected(text: impl AsRef<[u8]>) -> Collected {
    collect_from(&mut text.as_ref()).expect("memory")
}

/// All points, wherever they are kept.
fn points(collected: &Collected) -> Vec<(String, Vec<Point>)> {
    match &collected.full {
        Some(full) => curves::decode(full).expect("valid"),
        // Without points there is no file.
        None if collected.preview.is_empty() => Vec::new(),
        None => preview::parse(&collected.preview).expect("valid"),
    }
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn a_short_log_is_kept_as_text() {
    let found = collected(
        "\u{feff}{\"step\": 0, \"loss\": 2, \"time\": 1767225600.5}\r\n\
         {\"step\": 10, \"loss\": 0.5, \"acc\": NaN}\n\n\
         not json\n[1]\n{\"loss\": 1, \"loss\": 2}\n\0\0\n\
         {\"step\": 5, \"loss\": 7, \"acc\": 0.25}\n\
         {\"loss\": 3",
    );
    assert_eq!(
        String::from_utf8_lossy(&found.preview),
        "name\tstep\ttime\tvalue\n\
         loss\t0\t1767225600.5\t2.0\nloss\t10\t\t0.5\nloss\t5\t\t7.0\n\
         acc\t10\t\tNaN\nacc\t5\t\t0.25\n"
    );
    assert_eq!(found.full, None);
    let expected = Curves { points: 5, complete: true, object: None, size: None, bad_lines: 5 };
    assert_eq!(found.curves, expected);
    let float = Value::Float;
    let loss = Series { count: 3, last: float(0.5), min: float(0.5), max: float(7.0), step: 10 };
    assert_eq!(found.series["loss"], loss);
    let nan = Value::String("NaN".to_owned());
    let acc = Series { count: 2, last: nan, min: float(0.25), max: float(0.25), step: 10 };
    assert_eq!(found.series["acc"], acc);
}

#[test]
fn values_without_steps_are_counted_and_a_last_line_needs_no_end() {
    let found =
        collected("{\"a\": 1}\n{\"b\": 1}\n{\"a\": 2}\n{\"step\": 7, \"a\": 3}\n{\"a\": 4}");
    let steps: Vec<Vec<i64>> =
        points(&found).iter().map(|(_, points)| points.iter().map(|p| p.step).collect()).collect();
    assert_eq!(steps, [vec![0, 1, 7, 8], vec![0]]);
    assert_eq!(found.curves.bad_lines, 0);
}

#[test]
fn of_equal_steps_the_last_value_counts() {
    let found = collected("{\"step\":3,\"a\":1}\n{\"step\":3,\"a\":2}\n{\"step\":0,\"a\":9}\n");
    assert_eq!((&found.series["a"].last, found.series["a"].step), (&Value::Float(2.0), 3));
}

#[test]
fn a_long_log_has_a_preview_and_every_point() {
    let found = collected(lines(5000, |at| {
        format!("{{\"step\": {at}, \"a\": {}, \"b\": {at}}}\n", f64::from(at as u32).sqrt())
    }));
    assert!(!found.curves.complete && found.curves.points == 10_000);
    let all = points(&found);
    assert_eq!(all.len(), 2);
    for (at, point) in all[0].1.iter().enumerate() {
        let value = f64::from(at as u32).sqrt();
        assert_eq!(*point, Point { step: at as i64, time: None, value });
    }
    assert_eq!(all[1].1.len(), 5000);
    let preview = preview::parse(&found.preview).expect("valid");
    for (_, points) in &preview {
        assert!((250..=MOST).contains(&points.len()), "{}", points.len());
        assert_eq!((points[0].step, points[points.len() - 1].step), (0, 4999));
    }
}

#[test]
fn previews_stay_small_however_many_series() {
    let long = "n".repeat(200);
    let line = lines(MAX_SERIES, |at| {
        format!("{}\"{long}{at}\": 0.123456789", if at == 0 { "" } else { "," })
    });
    let found = collected(format!("{{{line}}}\n").repeat(30));
    assert_eq!(found.series.len(), MAX_SERIES);
    assert!(found.preview.len() <= MAX_PREVIEW);
    assert!(!preview::parse(&found.preview).expect("valid").is_empty());
    let all = points(&found);
    assert!(all.len() == MAX_SERIES && all.iter().all(|(_, points)| points.len() == 30));
    // One more has no room, and its line gives no point at all.
    let found = collected(format!("{{{line}}}\n{{\"a\": 1, \"{long}0\": 1}}\n"));
    assert_eq!((found.curves.points, found.curves.bad_lines), (MAX_SERIES as u64, 1));
}

#[test]
fn what_only_a_bad_line_names_takes_no_series() {
    let found = collected(lines(3000, |at| format!("{{\"x{at}\": 1, oops\n")) + "{\"a\": 1}\n");
    assert_eq!(found.series.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(found.curves.bad_lines, 3000);
    assert_eq!(points(&found).len(), 1);
    let name = "n".repeat(MAX_NAME + 1);
    assert_eq!(collected(format!("{{\"{name}\": 1}}\n")).curves.bad_lines, 1);
}

#[test]
fn long_lines_are_bad_and_the_next_is_read() {
    let long = format!("{{\"a\": 1, \"s\": \"{}\"}}\n", "x".repeat(MAX_LINE));
    let found = collected(format!("{long}{long}{{\"a\": 2}}\n{long}"));
    assert_eq!((found.curves.points, found.curves.bad_lines), (1, 3));
    let fits = format!("{{\"a\": 1, \"s\": \"{}\"}}\n", "x".repeat(MAX_LINE - 18));
    assert_eq!(fits.len(), MAX_LINE);
    assert_eq!(collected(fits).curves.bad_lines, 0);
}

#[test]
fn no_file_is_an_empty_one_and_others_than_files_are_one_bad_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let found = collect(&directory.path().join("none")).expect("empty");
    assert_eq!((found.preview.len(), found.full, found.curves.points), (0, None, 0));
    let found = collect(directory.path()).expect("a directory");
    assert_eq!((found.preview.len(), found.curves.points, found.curves.bad_lines), (0, 0, 1));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "([{}\":,0-9a.eE\n-]|\"step\":){0,60}") {
        collected(bytes);
        collected(text);
    }

    #[test]
    fn every_point_is_kept_in_its_order(
        values in proptest::collection::vec((0..3usize, -5..5i64, proptest::num::f64::NORMAL), 0..1500),
    ) {
        let mut expected = vec![Vec::new(); 3];
        let mut text = String::new();
        for (series, step, value) in values {
            text.push_str(&format!("{{\"step\": {step}, \"{series}\": {value:?}}}\n"));
            expected[series].push(Point { step, time: None, value });
        }
        let found = collected(text);
        for (name, points) in points(&found) {
            let number: usize = name.parse().expect("a digit");
            proptest::prop_assert_eq!(&points, &expected[number]);
            expected[number].clear();
        }
        proptest::prop_assert!(expected.iter().all(Vec::is_empty));
    }
}
