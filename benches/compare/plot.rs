//! The short table as bars: what the library takes of what its peer takes.

use crate::report::{Kind, Line};

const WIDTH: u32 = 890;
const LABELS: u32 = 470;
/// As long as the peer's.
const BAR: u32 = 330;
const ROW: u32 = 26;
const TOP: u32 = 44;

pub fn svg(lines: &[Line]) -> String {
    let bars: Vec<_> = lines.iter().filter_map(|line| Some((line, share(line)?))).collect();
    let height = TOP + ROW * bars.len() as u32 + 8;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">
<title>What libpersonr takes of what libcurl, OpenSSL and cJSON take</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1f2328 }}
.peer {{ fill: #d0d7de }}
.ours {{ fill: #0969da }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} .peer {{ fill: #3d444d }} .ours {{ fill: #4493f8 }} }}
</style>
<rect class="ours" x="{LABELS}" y="12" width="14" height="14"/><text x="{}" y="24">libpersonr</text>
<rect class="peer" x="{}" y="12" width="14" height="14"/><text x="{}" y="24">libcurl, OpenSSL and cJSON</text>
"##,
        LABELS + 20,
        LABELS + 110,
        LABELS + 130,
    );
    for (row, (line, share)) in bars.iter().enumerate() {
        svg += &bar(line, *share, TOP + ROW * row as u32);
    }
    svg + "</svg>\n"
}

fn bar(line: &Line, share: f64, top: u32) -> String {
    let name = line.name.replace('&', "&amp;").replace('<', "&lt;");
    let ours = (share.min(1.0) * f64::from(BAR)).max(1.0);
    format!(
        r#"<text x="{}" y="{}" text-anchor="end">{name}</text>
<rect class="peer" x="{LABELS}" y="{}" width="{BAR}" height="14"/>
<rect class="ours" x="{LABELS}" y="{}" width="{ours:.1}" height="14"/>
<text x="{}" y="{}">{share:.2}</text>
"#,
        LABELS - 10,
        top + 15,
        top + 4,
        top + 4,
        LABELS + BAR + 10,
        top + 15,
    )
}

/// Ours through the peer's, of the lines that compare something.
fn share(line: &Line) -> Option<f64> {
    match line.kind {
        _ if !line.is_short => None,
        Kind::Share => Some(line.median()),
        Kind::Times => Some(1.0 / line.median()),
        Kind::Count => Some(line.median() / line.peer()?),
        Kind::Amount(_) => None,
    }
}
