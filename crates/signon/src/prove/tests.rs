use halo2_proofs::plonk::keygen_vk;

use super::*;

#[test]
fn the_circuit_is_the_pinned_one() {
    let params = pinned_params().unwrap();
    let key = keygen_vk(&params, &empty()).unwrap();
    assert_eq!(CircuitId::of(&key).to_string(), CIRCUIT_ID);
    assert_eq!(Verifier::new().unwrap().circuit(), CircuitId::current());
}

#[test]
fn the_parameters_are_those_that_hashing_to_the_curve_gives() {
    assert_eq!(regenerated(), PARAMS);
    assert_eq!(demur_encoding::sha256(PARAMS).to_string(), PARAMS_SHA256);
}

fn regenerated() -> Vec<u8> {
    let mut bytes = Vec::new();
    Params::<vesta::Affine>::new(K).write(&mut bytes).unwrap();
    bytes
}

#[test]
#[ignore = "writes params/k8.bin and shows what to pin; for a change of K only"]
#[expect(clippy::print_stdout, reason = "shows what to pin")]
fn write_params() {
    let bytes = regenerated();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/params/k8.bin");
    std::fs::write(path, &bytes).unwrap();
    let params = Params::read(&mut &bytes[..]).unwrap();
    let key = keygen_vk(&params, &empty()).unwrap();
    println!("PARAMS_SHA256 {}", demur_encoding::sha256(&bytes));
    println!("CIRCUIT_ID {}", CircuitId::of(&key));
}
