#!/bin/bash
# A systemd of its own, as process 1 of namespaces of its own: what it writes goes into memory, its cgroups are below one
# that it was given, and all of it ends when standard input does. Nothing of the machine's own systemd is met.
#
#   systemd.sh PROGRAMS UNITS FOLDER
#
#   PROGRAMS  a folder that is seen as /run/tested
#   UNITS     a folder: what systemd knows beside its own units
#   FOLDER    a folder that is seen as /run/shared
#
# Prints the number of its process when it answers.
set -euo pipefail

if [ "${1-}" != inside ]; then
    # In a mount namespace of its own, so that the machine's mounts stay as they are.
    [ "${1-}" = apart ] || exec unshare --mount --propagation private bash "$0" apart "$@"
    shift
    # Over a folder that every host has, and only here.
    groups=/mnt
    mount -t cgroup2 cgroup2 "$groups"
    group="$groups/linger-test-$$"
    # The process that is number 1 in there; nothing, when it is gone.
    first() { cut -d' ' -f1 "/proc/$manager/task/$manager/children" 2> /dev/null || true; }
    leave() {
        # All in there ends with it, and the one that started it sees it end.
        kill -9 $(first) 2> /dev/null || kill -9 "$manager" 2> /dev/null || true
        wait "$manager" 2> /dev/null || true
        for _ in $(seq 100); do
            # cgroup.events tells when the last process has left.
            grep -q 'populated 0' "$group/cgroup.events" && break
            sleep 0.1
        done
        find "$group" -depth -type d -exec rmdir {} +
    }
    mkdir "$group"
    trap leave EXIT
    (
        echo "$BASHPID" > "$group/cgroup.procs"
        exec setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --uts --ipc \
            --cgroup --net bash "$0" inside "$@" < /dev/null >&2
    ) &
    manager=$!
    for _ in $(seq 600); do
        inside=$(first)
        if [ -n "$inside" ] && nsenter --target "$inside" --all systemctl is-active --quiet default.target 2> /dev/null
        then
            echo "$inside"
            cat > /dev/null
            exit 0
        fi
        kill -0 "$manager" 2> /dev/null || break
        sleep 0.1
    done
    echo "systemd does not come up" >&2
    exit 1
fi

programs=$2 units=$3 folder=$4
memory=/mnt
umount "$memory"
mount -t tmpfs tmpfs "$memory"
for place in etc var; do
    mkdir "$memory/$place" "$memory/$place.work"
    mount -t overlay overlay -o "lowerdir=/$place,upperdir=$memory/$place,workdir=$memory/$place.work" "/$place"
done
mkdir -p "$memory/run/tested" "$memory/run/shared" "$memory/tmp"
mount --bind "$programs" "$memory/run/tested"
mount --bind "$folder" "$memory/run/shared"
# Whatever the host's Linger knows is not met either.
rm -rf /etc/systemd/system /etc/linger /var/lib/linger /var/log/linger
mkdir -p /etc/systemd/system
cp -r "$units/." /etc/systemd/system/
# Nothing begins by itself, and nothing is made of /etc/fstab and the like.
for place in /lib/systemd/system/*.wants /lib/systemd/system-generators; do mount -t tmpfs tmpfs "$place"; done

mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro sysfs /sys
# Where systemd has it on every host.
mount -t tracefs -o mode=700 tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
devices=$memory/dev
mkdir "$devices" "$devices/pts" "$devices/shm" "$devices/mqueue"
for name in null zero full random urandom tty; do
    touch "$devices/$name"
    mount --bind "/dev/$name" "$devices/$name"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$devices/pts"
mount -t mqueue mqueue "$devices/mqueue"
ln -s pts/ptmx "$devices/ptmx"
ln -s /proc/self/fd "$devices/fd"
mount --rbind "$devices" /dev
mount --rbind "$memory/run" /run
mount --rbind "$memory/tmp" /tmp
ip link set lo up
cd /
container=linger-test exec /lib/systemd/systemd --system --log-target=null
