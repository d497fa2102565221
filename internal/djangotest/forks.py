# Runs programs, each in a copy of this process, which has imported Django: that takes most
# of the time of a short program. Nothing that is imported here has looked at settings.
import django.contrib.auth.hashers, django.core.handlers.wsgi, django.core.management  # noqa: E401
import django.core.management.commands.migrate, django.db, django.forms  # noqa: E401
import gc, json, os, runpy, select, shutil, signal, socket, sys, traceback  # noqa: E401


def run(request):
    """Does what "python PROGRAM ARGUMENT..." does, and returns its exit status."""
    os.chdir(request["Dir"])
    os.environ.clear()
    os.environ.update(entry.split("=", 1) for entry in request["Env"])
    for number, name in ((0, os.devnull), (1, request["Stdout"]), (2, request["Stderr"])):
        file = os.open(name, os.O_RDWR)
        os.dup2(file, number)
        os.close(file)
    sys.argv, sys.path[0] = request["Args"], request["Dir"]
    status = 0
    try:
        runpy.run_path(request["Args"][0], run_name="__main__")
    except SystemExit as e:
        if e.code is not None:
            status = e.code if isinstance(e.code, int) else 1
            if not isinstance(e.code, int):
                print(e.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def answer(connection):
    """Runs one program in a child, and says how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(connection.makefile().readline())
    child = os.fork()
    if child == 0:
        connection.close()
        os._exit(run(request))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(b"%d" % status)


gc.freeze()  # what is imported stays, and so stays shared
folder = sys.argv[1]
os.setpgrp()
listener = socket.socket(socket.AF_UNIX)
listener.bind(folder + "/socket")
listener.listen(64)
print("listening", flush=True)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    ready, _, _ = select.select([listener, sys.stdin], [], [])
    if sys.stdin in ready:  # the tests have ended, which closes it
        shutil.rmtree(folder, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)
    connection, _ = listener.accept()
    if os.fork() == 0:
        listener.close()
        answer(connection)
        os._exit(0)
    connection.close()
