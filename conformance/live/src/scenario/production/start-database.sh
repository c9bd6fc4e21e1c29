# Makes two empty databases with a user each, and serves them; PostgreSQL over TLS only. Takes KIND, APIM_PASSWORD and SHARED_PASSWORD.
set -euo pipefail
umask 077
export PATH=/opt/postgresql:/usr/sbin:/usr/bin

busybox httpd -p 8080 -h /usr/share/java

case $KIND in
postgre)
  initdb --pgdata=/data/db --username=postgres --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --no-locale >/dev/null
  # Clear text is refused.
  printf 'local all all trust\nhostssl all all all scram-sha-256\n' >/data/db/pg_hba.conf
  cp /tls/tls.key /data/tls.key
  options="-c unix_socket_directories=/data -c ssl=on -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/data/tls.key"
  pg_ctl --pgdata=/data/db --wait --silent --options="$options -c listen_addresses=" start
  for database in apim shared; do
    password=${database^^}_PASSWORD
    psql --host=/data --username=postgres --quiet --set=ON_ERROR_STOP=1 postgres <<SQL
create user $database password '${!password}';
create database ${database}_db owner $database;
SQL
  done
  pg_ctl --pgdata=/data/db --wait --silent stop
  exec postgres -D /data/db $options -c 'listen_addresses=*'
  ;;
mariadb)
  mariadb-install-db --no-defaults --datadir=/data/db --auth-root-authentication-method=socket --auth-root-socket-user=wso2carbon \
    --skip-test-db --skip-name-resolve >/dev/null
  cat >/data/users.sql <<SQL
create database apim_db character set latin1;
create database shared_db character set latin1;
create user apim@'%' identified by '$APIM_PASSWORD';
create user shared@'%' identified by '$SHARED_PASSWORD';
grant all on apim_db.* to apim@'%';
grant all on shared_db.* to shared@'%';
SQL
  exec mariadbd --no-defaults --datadir=/data/db --socket=/data/socket --pid-file=/data/pid --bind-address=0.0.0.0 --init-file=/data/users.sql
  ;;
esac
