//! A chart with two logarithmic axes, as SVG.

use std::{fmt::Write as _, time::Duration};

/// Sizes and times under one name.
pub(crate) struct Line {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Line {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            points: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, size: usize, time: Duration) {
        // A logarithm has no zero: what took less than the clock's step stands at the step.
        self.points
            .push((size as f64, time.as_secs_f64().max(0.01)));
    }
}

pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) lines: Vec<Line>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 250.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;

/// One for each line, told apart by dashes, too.
const STYLES: [(&str, &str); 4] = [
    ("#1f5f99", ""),
    ("#b3541e", "6 3"),
    ("#2f7d4f", "2 3"),
    ("#6b3fa0", "9 3 2 3"),
];

impl Chart {
    pub(crate) fn to_svg(&self) -> String {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let (x, y) = (
            Axis::over(all().map(|(x, _)| *x)),
            Axis::over(all().map(|(_, y)| *y)),
        );
        let at_x = |v: f64| LEFT + x.place(v) * (WIDTH - LEFT - RIGHT);
        let at_y = |v: f64| HEIGHT - BOTTOM - y.place(v) * (HEIGHT - TOP - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"20\" font-size=\"13\">{}</text>\n",
            self.title
        );
        let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for power in x.powers() {
            let (at, label) = (at_x(10f64.powi(power)), grouped(power));
            let _ = writeln!(
                svg,
                "<path d=\"M{at:.1} {TOP}V{floor}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                floor + 18.0
            );
        }
        for power in y.powers() {
            let (at, label) = (at_y(10f64.powi(power)), 10f64.powi(power));
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                at + 4.0
            );
        }
        for (number, (line, (colour, dashes))) in self.lines.iter().zip(STYLES).enumerate() {
            let points: Vec<_> = line
                .points
                .iter()
                .map(|(x, y)| format!("{:.1},{:.1}", at_x(*x), at_y(*y)))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
                points.join(" ")
            );
            for (x, y) in &line.points {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
                    at_x(*x),
                    at_y(*y)
                );
            }
            let at = TOP + 16.0 + 22.0 * number as f64;
            let (from, to) = (right + 14.0, right + 44.0);
            let _ = writeln!(
                svg,
                "<path d=\"M{from} {at}H{to}\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/><text x=\"{}\" y=\"{}\">{}</text>",
                to + 6.0,
                at + 4.0,
                line.name
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// From one power of ten to another.
struct Axis {
    first: i32,
    last: i32,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        if low > high {
            return Self { first: 0, last: 1 };
        }
        let first = low.log10().floor() as i32;
        let last = (high.log10().ceil() as i32).max(first + 1);
        Self { first, last }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first)
    }

    fn powers(&self) -> impl Iterator<Item = i32> {
        self.first..=self.last
    }
}

/// A power of ten with commas.
fn grouped(power: i32) -> String {
    let digits = format!("1{}", "0".repeat(usize::try_from(power).unwrap_or(0)));
    let first = digits.len() % 3;
    let mut groups = vec![&digits[..first]];
    groups.extend((first..digits.len()).step_by(3).map(|i| &digits[i..i + 3]));
    groups.retain(|group| !group.is_empty());
    groups.join(",")
}
