//! x
use extreg::doctor::reading::{self, Known};
use extreg::model::message;
use serde_json::Value;
#[test]
fn explore() {
    let file = std::env::var("CORPUS").unwrap_or("tests/corpus/pull-errors.jsonl".into());
    let text = std::fs::read_to_string(file).unwrap();
    let parity = std::env::var("PARITY").unwrap_or("odd".into());
    let (mut n, mut one, mut three, mut rt) = (0, 0, 0, 0);
    for (i, line) in text.lines().enumerate() {
        if (parity == "q1" && i % 4 != 1) || (parity == "q3" && i % 4 != 3) || (parity == "odd" && i % 2 == 1) || (parity == "even" && i % 2 == 0) { continue; }
        let v: Value = serde_json::from_str(line).unwrap();
        let m = message::read(v["message"].as_str().unwrap());
        let r = reading::read(&m, &Known::default());
        let ids: Vec<&str> = r.candidates.iter().map(|c| c.cause.id()).collect();
        let at = ids.iter().position(|id| Some(*id) == v["cause"].as_str());
        n += 1;
        if at == Some(0) { one += 1; }
        if at.is_some_and(|at| at < 3) { three += 1; }
        if v["runtime"] == m.runtime.id() { rt += 1 }
        if at != Some(0) && std::env::var("QUIET").is_err() {
            println!("{} {} {}\n   {}\n   {} | rt {} ({}) | img {:?} host {:?} st {:?}\n   words {:?}\n   {:?}", if at.is_some_and(|a| a < 3) {"  "} else {"XX"}, v["id"].as_str().unwrap(), v["cause"],
              v["message"], m.symptom, m.runtime, v["runtime"], m.image, m.asked_host, m.status, m.words, ids);
        }
    }
    println!("{parity} n {n} top1 {one} ({}%) top3 {three} ({}%) runtime {rt}", one*100/n, three*100/n);
}
