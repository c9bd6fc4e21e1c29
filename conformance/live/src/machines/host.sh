# A machine: the first process of namespaces of its own. It gives the machine a disk and a network card's place, and ends with the standard
# input that the suite holds; everything that runs on the machine then ends, too.
#
#   host.sh NAME DISK STANDIN
set -e
name=$1 disk=$2 standin=$3
mount -t tmpfs -o mode=755 am-disk "$disk"
for folder in etc opt usr var; do
  mkdir "$disk/$folder" "$disk/$folder.work"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$disk/$folder,workdir=$disk/$folder.work" overlay "/$folder"
done
mount -t tmpfs -o mode=755 am-run /run
mkdir -p /run/haproxy /run/am-machine
# The machine's init is the stand-in.
mount --bind "$standin" /usr/bin/systemctl
# These disks have no attributes; Ansible would give a copy those of the file below.
if [ -e /usr/bin/lsattr ]; then mount --bind /bin/true /usr/bin/lsattr; fi
hostname "$name"
# Names that nobody gave are nobody's: no DNS is asked.
rm -f /etc/resolv.conf
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
ip link set lo up
echo ready
cat >/dev/null
