# Read by the job scripts: a command of this checkout, stopped in time and asked for anew until it is done.
[ -f scripts/run.sh ] || return 1

# until_done COMMAND [OPTIONS]: SIGTERM comes two minutes before the limit, and the command then stops by itself with
# 130: whatever is finished is kept, and the job asks for more time.
until_done() {
    sh scripts/run.sh "$@" &
    run=$!
    trap 'kill -TERM "$run" 2>/dev/null' TERM
    wait "$run"; status=$?
    # `wait` ends when a signal comes; the command ends later.
    while [ "$status" -gt 128 ] && kill -0 "$run" 2>/dev/null; do wait "$run"; status=$?; done
    end_of_job
    if [ "$status" -eq 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
    exit "$status"
}

end_of_job() { :; }
