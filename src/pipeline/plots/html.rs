//! One page with all figures and images. It is complete in itself: no scripts, no fonts, nothing that
//! a browser would fetch, and a policy in it that forbids all of that.

use std::fmt::Write as _;

use super::layout::{Body, layout};
use super::svg::{class, dashes, draw, escape};
use super::{Figure, Gallery};

/// Colours of series on a light page and on a dark one; each is told from its background, and from
/// its neighbours in the list by readers with any colour vision (after Okabe and Ito's palette).
const PALETTE: [(&str, &str); super::svg::COLOURS] = [
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#ff9a56"),
    ("#00805e", "#2fd3a2"),
    ("#a8508a", "#e8a6cc"),
    ("#8c6d00", "#f0e442"),
    ("#2f7f9f", "#9ad0f5"),
    ("#5f4b8b", "#b5a3e0"),
    ("#4d4d4d", "#cccccc"),
];
const LIGHT: &str = "#ffffff";
const DARK: &str = "#16181d";

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;
background:var(--page);color:var(--ink)}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2.2rem 0 .3rem;overflow-wrap:anywhere}
svg{max-width:100%;height:auto;display:inline-block;vertical-align:top}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}svg .label{fill:var(--soft)}
svg .on-dark{fill:var(--page)}
.grid{stroke:var(--rule)}.axis{stroke:var(--soft)}
polyline{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
circle{fill:var(--c)}circle.faint{opacity:.25}circle.hidden{opacity:0}circle:hover{opacity:1}
.bar{fill:var(--c)}.cell{fill:var(--c0);stroke:var(--rule)}
.note,.error{color:var(--soft);margin:.2rem 0}.error{color:var(--c1)}
ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.4rem;margin:.2rem 0;padding:0}
ul.legend svg{vertical-align:middle;margin-right:.4rem}
.images{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}
figcaption{color:var(--soft)}img{max-width:100%;background:#fff}
table{border-collapse:collapse;margin:.4rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.15rem .9rem .15rem 0;border-bottom:1px solid var(--rule);
vertical-align:top;overflow-wrap:anywhere}th{color:var(--soft);font-weight:600}
td.end,th.end{text-align:right;font-variant-numeric:tabular-nums}
pre{font:13px/1.45 ui-monospace,monospace;overflow-x:auto;padding:.6rem;border:1px solid var(--rule)}
pre .add{color:var(--c2)}pre .del{color:var(--c1)}pre .hunk{color:var(--c0)}pre .head{font-weight:600}
";

/// A page with this title and body, which is HTML.
pub fn document(title: &str, body: &str) -> String {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n",
    );
    let title = escape(title);
    let _ = writeln!(page, "<title>{title}</title>\n<style>\n{}{STYLE}</style>", colours());
    let _ = writeln!(page, "</head>\n<body>\n<h1>{title}</h1>");
    page.push_str(body);
    page.push_str("</body>\n</html>\n");
    page
}

/// Writes the page.
pub fn page(gallery: &Gallery) -> String {
    let mut page = String::new();
    for figure in &gallery.figures {
        page.push_str(&section(figure));
    }
    for group in &gallery.images {
        let _ = writeln!(page, "<section>\n<h2>{}</h2>", escape(&group.id));
        page.push_str("<div class=\"images\">\n");
        for image in &group.images {
            let revision = escape(&image.revision);
            let _ = writeln!(
                page,
                "<figure><img alt=\"{} of {revision}\" src=\"{}\">\
                 <figcaption>{revision}</figcaption></figure>",
                escape(&group.id),
                image.data_uri()
            );
        }
        page.push_str("</div>\n</section>\n");
    }
    for error in &gallery.errors {
        let _ = writeln!(page, "<p class=\"error\">{}</p>", escape(&error.to_string()));
    }
    document(&format!("Plots: {}", gallery.revisions.join(", ")), &page)
}

/// A figure with its title and legend.
pub fn section(figure: &Figure) -> String {
    let mut page = String::new();
    let layout = layout(figure);
    let _ = writeln!(page, "<section>\n<h2>{}</h2>", escape(&figure.title));
    if !matches!(layout.body, Body::Matrices(_)) {
        page.push_str("<ul class=\"legend\">\n");
        for (at, series) in figure.series.iter().enumerate() {
            let _ = writeln!(
                page,
                "<li><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><polyline class=\"{}\"{} \
                 points=\"0,4 28,4\"/></svg>{}</li>",
                class(at),
                dashes(at),
                escape(&series.name)
            );
        }
        page.push_str("</ul>\n");
    }
    page.push_str(&draw(figure, &layout));
    for note in &layout.notes {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", escape(note));
    }
    page.push_str("</section>\n");
    page
}

/// The custom properties of both schemes, and the classes of series.
fn colours() -> String {
    let scheme =
        |page: &str, ink: &str, soft: &str, rule: &str, pick: &dyn Fn(usize) -> &'static str| {
            let mut text = format!("--page:{page};--ink:{ink};--soft:{soft};--rule:{rule}");
            for at in 0..PALETTE.len() {
                let _ = write!(text, ";--c{at}:{}", pick(at));
            }
            text
        };
    let light = scheme(LIGHT, "#1a1a1a", "#5a5f66", "#e3e5e8", &|at| PALETTE[at].0);
    let dark = scheme(DARK, "#e8e8e8", "#a2a8b0", "#33373f", &|at| PALETTE[at].1);
    let mut text = format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    );
    for at in 0..PALETTE.len() {
        let _ = writeln!(text, ".s{at}{{--c:var(--c{at})}}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of `#rrggbb` (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("hexadecimal");
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn colours_stand_out_from_the_page() {
        for (light, dark) in PALETTE {
            assert!(contrast(light, LIGHT) >= 3.0, "{light}: {}", contrast(light, LIGHT));
            assert!(contrast(dark, DARK) >= 3.0, "{dark}: {}", contrast(dark, DARK));
        }
    }
}
