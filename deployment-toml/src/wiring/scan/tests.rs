use super::*;

fn found(text: &str) -> Vec<String> {
    references_in_text(text)
        .into_iter()
        .map(|r| {
            let port = r
                .address
                .port
                .map_or_else(|| "-".to_owned(), |p| p.to_string());
            format!(
                "{} {} {port} {}",
                r.address.scheme, r.address.host, r.address.path
            )
        })
        .collect()
}

#[test]
fn urls_are_taken_apart() {
    assert_eq!(
        found("https://cp:9443/services/"),
        ["https cp 9443 /services/"]
    );
    assert_eq!(found("https://[::1]:9443"), ["https ::1 9443 "]);
    assert_eq!(found("https://u:p@cp/x?y=1#z"), ["https cp - /x?y=1#z"]);
    assert_eq!(
        found("tcp://${carbon.local.ip}:9611"),
        ["tcp ${carbon.local.ip} 9611 "]
    );
}

#[test]
fn lists_and_groups_give_each_url() {
    assert_eq!(
        found("{ tcp://a:9611|tcp://b:9611 },{tcp://c:9611}"),
        ["tcp a 9611 ", "tcp b 9611 ", "tcp c 9611 "]
    );
}

#[test]
fn brokers_of_an_amqp_connection_string_are_found_and_the_client_id_is_not() {
    assert_eq!(
        found(
            "amqp://admin:pw@clientid/carbon?failover='roundrobin'%26brokerlist='tcp://tm-0:5672?retries='5';tcp://tm-1:5672'"
        ),
        ["tcp tm-0 5672 ?retries=", "tcp tm-1 5672 "]
    );
}

#[test]
fn jdbc_urls_of_every_vendor() {
    assert_eq!(
        found("jdbc:mysql://db:3306/apim_db?useSSL=false&amp;x=1"),
        ["jdbc:mysql db 3306 /apim_db?useSSL=false&amp;x=1"]
    );
    assert_eq!(
        found("jdbc:mysql://a:3306,b:3307/x"),
        ["jdbc:mysql a 3306 /x", "jdbc:mysql b 3307 /x"]
    );
    assert_eq!(
        found("jdbc:postgresql://db.ns.svc:5432/x"),
        ["jdbc:postgresql db.ns.svc 5432 /x"]
    );
    assert_eq!(
        found("jdbc:sqlserver://db\\inst:1433;databaseName=x"),
        ["jdbc:sqlserver db 1433 ;databaseName=x"]
    );
    assert_eq!(
        found("jdbc:oracle:thin:@db:1521/svc"),
        ["jdbc:oracle:thin db 1521 /svc"]
    );
    assert_eq!(
        found("jdbc:oracle:thin:@db:1521:SID"),
        ["jdbc:oracle:thin db 1521 :SID"]
    );
    assert_eq!(
        found("jdbc:oracle:thin:@//db:1521/svc"),
        ["jdbc:oracle:thin db 1521 /svc"]
    );
    assert_eq!(
        found("jdbc:oracle:thin:@tcps://db:2484/svc"),
        ["jdbc:oracle:thin db 2484 /svc"]
    );
    assert_eq!(
        found("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(Host=db)(Port=1521)))"),
        ["jdbc:oracle:thin db 1521 "]
    );
    assert_eq!(found("jdbc:h2:tcp://db:9092/x"), ["jdbc:h2:tcp db 9092 /x"]);
    assert_eq!(
        found("jdbc:h2:./repository/database/X;DB_CLOSE_ON_EXIT=FALSE"),
        Vec::<String>::new()
    );
}

#[test]
fn a_bare_host_and_port_is_found_and_times_images_and_classes_are_not() {
    assert_eq!(
        found("wait-for gw-0.gw:8243, 10.0.0.1:80"),
        [" gw-0.gw 8243 ", " 10.0.0.1 80 "]
    );
    for none in [
        "12:30",
        "wso2/wso2am:4.7.0",
        "a::1",
        "*:5005",
        "x:70000",
        "sha256:12ab",
    ] {
        assert_eq!(found(none), Vec::<String>::new(), "{none}");
    }
}
