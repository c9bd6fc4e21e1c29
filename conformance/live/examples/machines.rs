//! Development only.
use am_live::{Cluster, Images, MachineSite, Options, Scenario, progress::StderrProgress};
use std::sync::Arc;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let site = MachineSite {
        pattern: 3,
        versions: vec![
            ("4.6.0".into(), args[0].clone().into()),
            ("4.7.0".into(), args[1].clone().into()),
        ],
        names: vec![
            ("management".into(), "am.plant.example.com".into()),
            ("gateway".into(), "gw.plant.example.com".into()),
        ],
        address: "10.0.1.10".into(),
        certificate: Some("/etc/ssl/private/am.pem".into()),
        backend_ca: Some("/etc/ssl/certs/am-ca.pem".into()),
    };
    let options = Options {
        workspace: std::env::current_dir().unwrap(),
        cluster: Cluster::Envtest,
        images: Images::Standin,
        scenario: Scenario::Machines,
        charts: vec![],
        machines: vec![site],
        patterns: vec![],
        representative: false,
        with_selftest: false,
        jobs: 0,
        keep: false,
        command: "x".into(),
    };
    let progress: Arc<dyn am_live::Progress> = Arc::new(StderrProgress::new());
    match am_live::run(&options, &progress) {
        Ok(done) => {
            for t in &done.timings {
                println!("{} {} {:.1}", t.about, t.phase, t.took.as_secs_f64());
            }
            print!(
                "{}",
                am_conformance::report::human::render(
                    &done.report,
                    am_conformance::report::Style::for_stdout()
                )
            );
        }
        Err(e) => {
            println!("ERROR {e}");
            std::process::exit(3)
        }
    }
}
