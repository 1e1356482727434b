#!/usr/bin/env bash
# Podman in place of Docker for `sam local`, and an image in place of AWS's: for machines with neither Docker nor a way
# to an image registry. docs/local.md says how to use it. On Debian or Ubuntu, as root or by sudo:
#
#   eval "$(bash local/podman.sh start)"   installs what is lacking, starts podman's service, makes the image
#   bash local/podman.sh install           only installs
#   bash local/podman.sh stop              ends the service and removes containers, images, files; no packages
#
# `start` prints DOCKER_HOST, where SAM finds the service; IMAGE, for --invoke-image; and CONTAINER_HOST_IP, this machine
# as a container sees it. Everything is kept in $TRIBUTARY_PODMAN, or a folder of the system's temporary ones; podman's
# own settings, images and containers are left alone.
#
# The image is busybox and this machine's C library. It is no image of AWS: what runs in it shows that the functions, the
# template and SAM fit together, and nothing of what AWS installs.
set -euo pipefail
((EUID == 0)) || exec sudo TRIBUTARY_PODMAN="${TRIBUTARY_PODMAN:-}" bash "$0" "$@"

dir=${TRIBUTARY_PODMAN:-${TMPDIR:-/tmp}/tributary-podman}
image=localhost/tributary-stand-in
export CONTAINERS_CONF=$dir/containers.conf

where=(--root "$dir/images" --runroot "$dir/run")

podman_here() {
  podman "${where[@]}" "$@"
}

install() {
  local missing=() pair
  for pair in podman:podman runc:runc iptables:iptables; do
    command -v "${pair#*:}" >/dev/null || missing+=("${pair%%:*}")
  done
  # A dynamic busybox would need a library more.
  [[ -e /usr/share/doc/busybox-static ]] || missing+=(busybox-static)
  ((${#missing[@]} == 0)) && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

settings() {
  # runc and cgroupfs, for crun and systemd want cgroups that many containers and build machines do not have. Small limits,
  # for a container may not raise those of whoever starts it.
  cat >"$CONTAINERS_CONF" <<'SETTINGS'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
SETTINGS
}

make_image() {
  local root=$dir/rootfs name file
  mkdir -p "$root"/{bin,etc/ssl,opt,tmp,var/task,var/runtime,var/rapid}
  cp /bin/busybox "$root/bin/"
  # SAM puts Lambda's runtime emulator into the image by these.
  for name in sh mv chmod mkdir ls cat sleep; do ln -sf busybox "$root/bin/$name"; done
  # Rust's functions load these; the C library loads the last two by itself, to look up names.
  ldconfig -p | awk '{ print $1, $NF }' |
    grep -E '^(ld-linux-x86-64|ld-linux-aarch64|libc|libm|libgcc_s|libdl|libpthread|librt|libresolv|libnss_dns|libnss_files)\.so' |
    while read -r name file; do
      mkdir -p "$root$(dirname "$file")"
      cp -L "$file" "$root$file"
    done
  # The loader by the path that stands in every program.
  for file in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    [[ -e $file ]] && mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file"
  done
  cp /etc/passwd /etc/nsswitch.conf "$root/etc/"
  [[ -d /etc/ssl/certs ]] && cp -rL /etc/ssl/certs "$root/etc/ssl/"
  tar -C "$root" -c . | podman_here import --quiet --change 'ENV PATH=/bin' - "$image" >&2
  rm -r "$root"
}

start() {
  install >&2
  mkdir -p "$dir"
  settings
  if [[ ! -S $dir/podman.sock ]]; then
    # The very process, and no shell around it, which would die alone.
    (exec podman "${where[@]}" system service --time=0 "unix://$dir/podman.sock") </dev/null >"$dir/service.log" 2>&1 &
    echo $! >"$dir/service.pid"
    local tries=0
    until [[ -S $dir/podman.sock ]]; do
      ((++tries < 100)) || { cat "$dir/service.log" >&2; echo "podman's service does not start" >&2; return 1; }
      sleep 0.1
    done
  fi
  # Whoever has called sudo is to use it.
  [[ -z ${SUDO_UID:-} ]] || chown "$SUDO_UID" "$dir/podman.sock"
  make_image
  # This machine has an address in podman's network only while a container is in it.
  podman_here run --detach --replace --name tributary-network "$image" sleep infinity >/dev/null
  local gateway
  gateway=$(podman_here container inspect tributary-network --format '{{.NetworkSettings.Gateway}}')
  printf 'export DOCKER_HOST=unix://%s\nexport IMAGE=%s\nexport CONTAINER_HOST_IP=%s\n' "$dir/podman.sock" "$image" "$gateway"
}

stop() {
  [[ -d $dir ]] || return 0
  [[ -f $dir/service.pid ]] && kill "$(cat "$dir/service.pid")" 2>/dev/null || true
  podman_here rm --all --force >/dev/null 2>&1 || true
  podman_here rmi --all --force >/dev/null 2>&1 || true
  umount -l "$dir"/images/overlay 2>/dev/null || true
  rm -rf "$dir"
}

case ${1:-} in
  install | start | stop) "$1" ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
