//! The QR code (ISO/IEC 18004) at the first page's top right.

use krilla::geom::{Path, Rect};
use qrcode::{Color, EcLevel, QrCode};

use super::rectangles;
use crate::{Address, PaperError};

/// The dark modules, those beside each other as one rectangle, so that no printer leaves a seam. The page around is the code's
/// quiet zone.
pub(super) fn path(address: &Address, x: f32, y: f32, side: f32) -> Result<Path, PaperError> {
    let fail = |e: &dyn std::fmt::Display| PaperError::Rule(format!("the QR code: {e}"));
    let code = QrCode::with_error_correction_level(address.as_str(), EcLevel::M);
    let code = code.map_err(|e| fail(&e))?;
    let across = code.width();
    let module = side / across as f32;
    let mut dark = Vec::new();
    for (row, colors) in code.to_colors().chunks(across).enumerate() {
        let mut column = 0;
        while let Some(color) = colors.get(column) {
            let run = colors[column..].iter().take_while(|c| *c == color).count();
            if *color == Color::Dark {
                let (left, top) = (column as f32 * module, row as f32 * module);
                dark.extend(Rect::from_xywh(
                    x + left,
                    y + top,
                    run as f32 * module,
                    module,
                ));
            }
            column += run;
        }
    }
    rectangles(dark).ok_or_else(|| fail(&"nothing is dark"))
}
