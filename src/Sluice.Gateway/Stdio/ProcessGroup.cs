using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>Starts programs so that they end with all their children, orphaned ones too, and ends them.</summary>
/// <remarks>
/// Where there is <c>setsid</c>, a program leads a group of its own, which its children belong to even after their parent
/// has ended. Elsewhere children are found through their parents, as long as these live.
/// </remarks>
internal static partial class ProcessGroup
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private static readonly string? SetSid = OperatingSystem.IsWindows()
        ? null
        : new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    /// <summary>How to start a program as the leader of a group.</summary>
    /// <param name="path">The program's file.</param>
    /// <param name="arguments">Its arguments.</param>
    internal static ProcessStartInfo LeaderOf(string path, IEnumerable<string> arguments) =>
        new(SetSid ?? path, SetSid is null ? arguments : arguments.Prepend(path))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };

    /// <summary>Asks a group to end; where that cannot be asked, nothing happens.</summary>
    internal static void Terminate(Process leader)
    {
        if (SetSid is not null)
        {
            Signal(leader.Id, SigTerm);
        }
    }

    /// <summary>Kills a group and all descendants of its leader.</summary>
    internal static void Kill(Process leader)
    {
        try
        {
            leader.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended; what it left behind is found by the group alone.
        }
        catch (AggregateException)
        {
            // A descendant ended between being found and being killed.
        }

        if (SetSid is not null)
        {
            Signal(leader.Id, SigKill);
        }
    }

    // The number belongs to the group while a member lives. After that the call fails, which is right.
    private static void Signal(int group, int signal) => _ = SendSignal(-group, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
