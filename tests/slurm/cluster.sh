#!/usr/bin/env bash
# A SLURM cluster on this machine for the tests: two nodes, loopback only, no systemd, nothing outside of DIR.
#
#     cluster.sh install            install the Debian packages that are missing, as root or with sudo
#     cluster.sh start DIR          with accounting: slurmdbd and MariaDB
#     cluster.sh start DIR plain    without accounting, and so without sacct
#     cluster.sh stop DIR           cancel the jobs, end the daemons; DIR stays
#
# After `start`, the commands in DIR/bin speak to the cluster. DIR must have at most 80 characters.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
ACCOUNT=specar
NODES=(one two)
CPUS=2       # per node; jobs, not hardware, are what these tests need
MEMORY=64000 # MB per node
GPUS=2       # per node, both the null device

fail() {
    echo "cluster.sh: $*" >&2
    exit 1
}

missing_packages() {
    local command package
    while read -r command package; do
        command -v "$command" >/dev/null || echo "$package"
    done <<'END' | sort -u | xargs
sbatch slurm-client
slurmctld slurmctld
slurmd slurmd
slurmdbd slurmdbd
munged munge
mariadbd mariadb-server
mariadb mariadb-client
END
}

install_packages() {
    local missing root=()
    missing=$(missing_packages)
    [[ -n $missing ]] || return 0
    ((EUID == 0)) || root=(sudo -n)
    if ! command -v apt-get >/dev/null || ! "${root[@]}" true 2>/dev/null; then
        fail "install these first (names of Debian's packages): $missing"
    fi
    "${root[@]}" apt-get update -qq
    # shellcheck disable=SC2086
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# until_ready 60 COMMAND...: wait for a command to succeed, 60 seconds at most.
until_ready() {
    local seconds=$1 end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || fail "waited $seconds s for: $*; see $dir/log"
        sleep 0.2
    done
}

# daemon NAME COMMAND...: run in the background, in a session of its own and away from our output.
daemon() {
    local name=$1
    shift
    setsid "$@" </dev/null >>"$dir/log/$name.out" 2>&1 &
    echo $! >"$dir/pid/$name"
}

free_ports() { # how many
    python3 - "$1" <<'END'
import socket, sys

sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))
END
}

configure() {
    local ports node index user
    user=$(id -un)
    read -ra ports < <(free_ports $((3 + ${#NODES[@]})))
    mkdir -p "$dir"/{bin,dev,etc,log,pid,run,spool,state,db}
    (umask 077 && head -c 128 /dev/urandom >"$dir/etc/munge.key")
    cat >"$SLURM_CONF" <<END
ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld
SlurmdPidFile=$dir/run/slurmd-%n
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
MpiDefault=none
# No cgroups: what a job may use is counted and, for memory, enforced by ending the job.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
PropagateResourceLimits=NONE
ReturnToService=2
EnforcePartLimits=ALL
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
# Far less than the usual 30 s: what has to be saved must be saved before SLURM ends the job.
KillWait=1
GresTypes=gpu
END
    if [[ $accounting == yes ]]; then
        cat >>"$SLURM_CONF" <<END
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${ports[1]}
AccountingStoragePass=$dir/run/munge
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu
END
        (umask 077 && cat >"$dir/etc/slurmdbd.conf") <<END
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=${ports[1]}
SlurmUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge
PidFile=$dir/run/slurmdbd
LogFile=$dir/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${ports[2]}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
END
        echo "${ports[2]}" >"$dir/etc/mariadb.port"
    else
        echo AccountingStorageType=accounting_storage/none >>"$SLURM_CONF"
    fi
    for index in "${!NODES[@]}"; do
        node=${NODES[index]}
        mkdir -p "$dir/spool/$node"
        echo "NodeName=$node NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[index + 3]}" \
            "CPUs=$CPUS RealMemory=$MEMORY Gres=gpu:$GPUS State=UNKNOWN"
    done >>"$SLURM_CONF"
    echo "PartitionName=main Nodes=ALL Default=YES State=UP" >>"$SLURM_CONF"
    for ((index = 0; index < GPUS; index++)); do
        ln -sf /dev/null "$dir/dev/gpu$index" # gres.conf wants devices
    done
    echo "Name=gpu File=$dir/dev/gpu[0-$((GPUS - 1))]" >"$dir/etc/gres.conf"
}

# Snakemake's jobs call srun without the variables SLURM_*, SLURM_CONF among them: so the commands get it back.
wrap_commands() {
    local command
    for command in sacct sacctmgr sbatch scancel scontrol sinfo squeue srun sshare; do
        # Without accounting there is no sacct, as on clusters that do without.
        [[ $accounting == yes || $command != sacct* ]] || continue
        printf '#!/bin/sh\nSLURM_CONF=%q exec %q "$@"\n' "$SLURM_CONF" "$(command -v "$command")" \
            >"$dir/bin/$command"
        chmod +x "$dir/bin/$command"
    done
}

start_accounting() {
    local sql=(mariadb --no-defaults -S "$dir/run/mariadb" -u "$(id -un)")
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$dir/db" --skip-test-db \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
        >"$dir/log/mariadb-install-db.out" 2>&1 || fail "see $dir/log/mariadb-install-db.out"
    daemon mariadbd mariadbd --no-defaults --user="$(id -un)" --datadir="$dir/db" --socket="$dir/run/mariadb" \
        --pid-file="$dir/run/mariadbd" --bind-address=127.0.0.1 --port="$(<"$dir/etc/mariadb.port")" \
        --skip-name-resolve --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0
    until_ready 60 "${sql[@]}" -e "select 1"
    "${sql[@]}" -e "create database slurm; create user slurm@127.0.0.1 identified by 'slurm';
        grant all on slurm.* to slurm@127.0.0.1"
    daemon slurmdbd slurmdbd -D
    until_ready 60 sacctmgr -n list cluster
    sacctmgr -i add cluster tests >/dev/null
    sacctmgr -i add account "$ACCOUNT" cluster=tests >/dev/null
    sacctmgr -i add user "$(id -un)" account="$ACCOUNT" >/dev/null
}

all_idle() { [[ $(sinfo -h -N -o %T | sort -u) == idle ]]; }

start() {
    local node missing
    missing=$(missing_packages)
    [[ -z $missing ]] || fail "missing packages (cluster.sh install): $missing"
    [[ ! -e $SLURM_CONF ]] || fail "$dir has a cluster already"
    configure
    daemon munged munged -F --socket="$dir/run/munge" --key-file="$dir/etc/munge.key" --force \
        --pid-file="$dir/run/munged" --log-file="$dir/log/munged.log" --seed-file="$dir/run/munged.seed"
    until_ready 30 munge -n -S "$dir/run/munge"
    [[ $accounting == no ]] || start_accounting
    daemon slurmctld slurmctld -D
    until_ready 60 scontrol ping
    for node in "${NODES[@]}"; do
        daemon "slurmd-$node" slurmd -D -N "$node"
    done
    until_ready 60 all_idle
    wrap_commands
    sinfo -N -o "%N %c CPUs %m MB %G %t"
}

# end_daemon NAME: by its own pid only, and only while that is still a process of this cluster.
end_daemon() {
    local pid
    pid=$(cat "$dir/pid/$1" 2>/dev/null) || return 0
    ours "$pid" || return 0
    kill "$pid" 2>/dev/null || return 0
    for _ in {1..100}; do
        ours "$pid" || return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
}

# The daemons have DIR in their command line or, through SLURM_CONF, in their environment.
ours() { tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | grep -F "$SLURM_CONF" >/dev/null; }

no_jobs() { [[ -z $(squeue -h) ]]; }

stop() {
    local name
    [[ -e $SLURM_CONF ]] || return 0
    if scontrol ping >/dev/null 2>&1; then
        squeue -h -o %A | sort -u | xargs -r scancel || true
        (until_ready 20 no_jobs) || true
    fi
    for name in "${NODES[@]/#/slurmd-}" slurmctld slurmdbd mariadbd munged; do
        end_daemon "$name"
    done
}

usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

action=${1:-}
case $action in
install)
    install_packages
    exit 0
    ;;
start | stop) ;;
*) usage ;;
esac
[[ -n ${2:-} ]] || usage
dir=$(realpath -m -- "$2")
((${#dir} <= 80)) || fail "$dir is too long for the sockets in it"
accounting=yes
[[ ${3:-} != plain ]] || accounting=no
export SLURM_CONF=$dir/etc/slurm.conf
"$action"
