//! Lays out a module's functions so that the module packs well: what is alike side by side.
//!
//! Rust compiles generic code anew for each type, so many functions are nearly the same. The binding writes all of them
//! from the largest to the smallest, where brotli does not find much of that. No function's code changes here but for the
//! numbers of those that it calls: what runs is what was compiled. Those that are the same to the byte are left as many as they
//! are: written once, they made a sign-on slower (docs/decisions/0013).

use std::collections::HashMap;

use anyhow::Context as _;
use wasm_encoder::{
    CodeSection, FunctionSection, Module,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload,
    TypeRef,
};

/// How many bytes of code are a run: two functions are the more alike, the more runs they share.
const RUN: usize = 4;

/// A run that stands in more functions than this says nothing of any of them, and would cost the most time.
const SHARED_BY_MAX: usize = 1_000;

/// The same module in fewer bytes, as they are served.
pub(crate) fn pack(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let packed = Functions::read(module)?.alike_together()?.write(module)?;
    wasmparser::validate(&packed)
        .context("the module is not valid once its functions are laid out")?;
    Ok(packed)
}

/// The functions of a module, but for those that it imports.
struct Functions<'m> {
    imported: u32,
    bodies: Vec<FunctionBody<'m>>,
}

/// Where the functions of a module go.
struct Layout {
    imported: u32,
    /// Their new order.
    order: Vec<usize>,
    /// The new place of each.
    places: Vec<usize>,
}

impl<'m> Functions<'m> {
    fn read(module: &'m [u8]) -> anyhow::Result<Self> {
        let mut found = Self {
            imported: 0,
            bodies: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_)) {
                            found.imported += 1;
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => found.bodies.push(body),
                _ => {}
            }
        }
        Ok(found)
    }

    /// After each function comes the one that shares the most runs with it, for the size of both; where none shares any,
    /// the largest that is left.
    fn alike_together(&self) -> anyhow::Result<Layout> {
        let runs: Vec<Vec<u32>> = self.bodies.iter().map(runs).collect::<Result<_, _>>()?;
        let mut sharing: HashMap<u32, Vec<usize>> = HashMap::new();
        for (function, own) in runs.iter().enumerate() {
            for run in own {
                sharing.entry(*run).or_default().push(function);
            }
        }
        sharing.retain(|_, functions| functions.len() <= SHARED_BY_MAX);

        let mut by_size: Vec<usize> = (0..runs.len()).collect();
        by_size.sort_by_key(|&function| std::cmp::Reverse(runs[function].len()));
        let mut by_size = by_size.into_iter();
        let mut order = Vec::with_capacity(runs.len());
        let mut laid = vec![false; runs.len()];
        let mut shared = vec![0_u64; runs.len()];
        let mut next = by_size.next();
        while let Some(last) = next {
            order.push(last);
            laid[last] = true;
            let mut others = Vec::new();
            for &other in runs[last]
                .iter()
                .filter_map(|run| sharing.get(run))
                .flatten()
            {
                if laid[other] {
                    continue;
                }
                if shared[other] == 0 {
                    others.push(other);
                }
                shared[other] += 1;
            }
            let mut most = None;
            for other in others {
                let (share, of) = (
                    std::mem::take(&mut shared[other]),
                    (runs[last].len() + runs[other].len()) as u64,
                );
                // Both fractions, compared crosswise.
                if most.is_none_or(|(_, best, best_of)| share * best_of > best * of) {
                    most = Some((other, share, of));
                }
            }
            next = most
                .map(|(other, ..)| other)
                .or_else(|| by_size.find(|&function| !laid[function]));
        }

        let mut places = vec![0; order.len()];
        for (place, &function) in order.iter().enumerate() {
            places[function] = place;
        }
        Ok(Layout {
            imported: self.imported,
            order,
            places,
        })
    }
}

/// Each run of a function's code, once.
fn runs(body: &FunctionBody<'_>) -> anyhow::Result<Vec<u32>> {
    // Without the list of the local variables: it is short, and nearly the same everywhere.
    let start = body.get_binary_reader_for_operators()?.original_position() - body.range().start;
    let mut runs: Vec<u32> = body.as_bytes()[start..]
        .windows(RUN)
        .map(|run| {
            run.iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte))
        })
        .collect();
    runs.sort_unstable();
    runs.dedup();
    Ok(runs)
}

impl Layout {
    /// The module that these places were found for, laid out so.
    fn write(mut self, module: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut out = Module::new();
        self.parse_core_module(&mut out, Parser::new(0), module)?;
        Ok(out.finish())
    }
}

impl Reencode for Layout {
    type Error = std::num::TryFromIntError;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let Some(own) = function.checked_sub(self.imported) else {
            return Ok(function);
        };
        let place = u32::try_from(self.places[own as usize]).map_err(Error::UserError)?;
        Ok(self.imported + place)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types: Vec<u32> = section.into_iter().collect::<Result<_, _>>()?;
        for &function in &self.order {
            functions.function(types[function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies: Vec<FunctionBody<'_>> = section.into_iter().collect::<Result<_, _>>()?;
        for function in self.order.clone() {
            utils::parse_function_body(self, code, bodies[function].clone())?;
        }
        Ok(())
    }

    /// Tells tools what no browser reads: left out.
    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wasm_encoder::{
        EntityType, ExportKind, ExportSection, Function, ImportSection, Instruction, TypeSection,
        ValType,
    };
    use wasmparser::{ExternalKind, Operator};

    use super::*;

    /// Types: 0 takes nothing, 1 takes a number.
    const NOTHING: u32 = 0;
    const NUMBER: u32 = 1;

    /// A module that imports one function, and has and exports these, by their types and code.
    fn module(functions: &[(u32, Vec<Instruction<'_>>)]) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([], []);
        types.ty().function([ValType::I32], []);
        imports.import("out", "side", EntityType::Function(NOTHING));
        let (mut listed, mut code) = (FunctionSection::new(), CodeSection::new());
        let mut exports = ExportSection::new();
        for (index, (ty, instructions)) in (1..).zip(functions) {
            listed.function(*ty);
            let mut body = Function::new([]);
            for instruction in instructions {
                body.instruction(instruction);
            }
            body.instruction(&Instruction::End);
            code.function(&body);
            exports.export(&format!("{index}"), ExportKind::Func, index);
        }
        let mut out = Module::new();
        out.section(&types).section(&imports).section(&listed);
        out.section(&exports).section(&code);
        out.finish()
    }

    /// Where the functions are now that were exported as 1, 2, 3 and so on.
    fn exported(module: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::ExportSection(section) = payload.unwrap() {
                for export in section {
                    let export = export.unwrap();
                    assert_eq!(export.kind, ExternalKind::Func);
                    found.push(export.index);
                }
            }
        }
        found
    }

    fn called_by(module: &[u8], function: u32) -> Vec<u32> {
        let functions = Functions::read(module).unwrap();
        let body = &functions.bodies[(function - functions.imported) as usize];
        let called = body.get_operators_reader().unwrap().into_iter();
        let called = called.filter_map(|operator| match operator.unwrap() {
            Operator::Call { function_index } => Some(function_index),
            _ => None,
        });
        called.collect()
    }

    fn drops(numbers: impl IntoIterator<Item = i32>) -> Vec<Instruction<'static>> {
        let both = |number| [Instruction::I32Const(number), Instruction::Drop];
        numbers.into_iter().flat_map(both).collect()
    }

    #[test]
    fn what_is_the_same_is_written_as_often_as_it_was() {
        let before = module(&[
            (NOTHING, drops([7])),
            (NUMBER, drops([7])),
            (NOTHING, drops([7])),
            (NUMBER, vec![Instruction::Call(0), Instruction::Call(3)]),
        ]);
        let after = pack(&before).unwrap();
        let places = exported(&after);
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), 4);
        assert_eq!(called_by(&after, places[3]), [0, places[2]]);
    }

    #[test]
    fn what_is_alike_comes_side_by_side_and_each_calls_what_it_called() {
        let alike = |last| drops((1..20).chain([last]));
        let mut other = drops((100..120).rev());
        other.push(Instruction::Call(3));
        let before = module(&[(NOTHING, alike(50)), (NOTHING, other), (NOTHING, alike(51))]);
        let after = pack(&before).unwrap();
        assert_eq!(after.len(), before.len());
        let places = exported(&after);
        assert_eq!(places[0].abs_diff(places[2]), 1);
        assert_eq!(called_by(&after, places[1]), [places[2]]);
        assert_eq!(pack(&after).unwrap(), after);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(pack(b"no module").is_err());
    }
}
