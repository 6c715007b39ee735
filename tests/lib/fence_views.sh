#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts a program in the view of the file system that packaging/starling.service gives, as its user: fence_views.sh DATA UID PROGRAM WORDS...
# By root, inside of `unshare --mount`. ProtectSystem=strict, ProtectHome=, PrivateTmp=, PrivateDevices=, ProtectProc=, ProtectKernelTunables=,
# CapabilityBoundingSet=, AmbientCapabilities=: each as systemd.exec(5) says what it does.
set -eu
data=$1 uid=$2
shift 2
mount --make-rprivate /

# Devices of their own, the harmless ones.
mount -t tmpfs -o mode=755,nosuid tmpfs /mnt
for name in null zero full random urandom tty; do
	: >"/mnt/$name"
	mount --bind "/dev/$name" "/mnt/$name"
done
mount --move /mnt /dev

# The state folder alone is there of /tmp, in which the tests have it.
mount --bind "$data" /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p "$data"
mount --move /mnt "$data"

for home in /home /root /run/user; do
	[ ! -d "$home" ] || mount -t tmpfs -o mode=000,ro tmpfs "$home"
done
mount -t proc -o nosuid,nodev,noexec,hidepid=invisible proc /proc

# Read-only, all but these.
cut -d ' ' -f 2 /proc/mounts | while read -r place; do
	case "$place" in
	"$data" | /tmp | /dev | /dev/* | /proc) ;;
	*) mount -o remount,ro,bind "$place" 2>/dev/null || [ "$place" != / ] ;;
	esac
done
mount --bind /proc/sys /proc/sys
mount -o remount,ro,bind /proc/sys
if touch /usr/fence 2>/dev/null || [ -e /dev/kmsg ]; then
	echo "the view is not that of the unit" >&2
	exit 1
fi
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service \
	--bounding-set=-all,+net_bind_service "$@"
