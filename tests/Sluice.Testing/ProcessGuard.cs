using System.Diagnostics;

namespace Sluice.Testing;

/// <summary>Ends the programs that the tests started, and deletes their folders, when the process of the tests is no more.</summary>
/// <remarks>
/// It is another process that reads from a pipe: however the tests end, a kill included, the pipe ends with them. A signal at the
/// parent's death would not do, because Linux sends it at the death of the thread that started the program.
/// </remarks>
public static class ProcessGuard
{
    private const string Watch =
        """
        while read -r verb what; do
          case $verb in
            guard) all="$all $what " ;;
            leave) all=$(printf %s "$all" | sed "s/ $what / /g") ;;
            folder) set -- "$@" "$what" ;;
          esac
        done
        for id in $all; do kill -9 "$id" 2>/dev/null; done
        for folder in "$@"; do rm -rf -- "$folder"; done
        """;

    private static readonly Lock Gate = new();
    private static readonly Process Watcher = Start();

    /// <summary>Ends a program with the tests.</summary>
    public static void Guard(Process process) => Tell($"guard {process.Id}");

    /// <summary>Forgets a program that has ended: its number may soon be another's.</summary>
    public static void Leave(Process process) => Tell($"leave {process.Id}");

    /// <summary>A new folder, deleted with the tests.</summary>
    public static DirectoryInfo NewFolder(string prefix)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory(prefix);
        Tell($"folder {folder.FullName}");
        return folder;
    }

    private static Process Start() =>
        Process.Start(new ProcessStartInfo("sh", ["-c", Watch]) { RedirectStandardInput = true })
        ?? throw new InvalidOperationException("'sh' did not start.");

    private static void Tell(string line)
    {
        lock (Gate)
        {
            Watcher.StandardInput.WriteLine(line);
            Watcher.StandardInput.Flush();
        }
    }
}
