using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>The image of a release, unpacked as a container engine would do it. Its programs run in its root, without an engine.</summary>
public sealed class UnpackedImage(BuiltRelease release) : IAsyncLifetime
{
    private const string InRoot =
        """
        set -e
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount -o remount,bind,ro "$1"
        root=$1
        shift
        exec chroot --userspec="$1" "$root" "${@:2}"
        """;

    private string _bundle = "";

    internal static string Layout(BuiltRelease release) => Path.Combine(release.Output, $"sluice-{BuiltRelease.Version}-image");

    internal string Root => Path.Combine(_bundle, "rootfs");

    /// <summary>The configuration of the container that an engine would start.</summary>
    internal JsonElement Container { get; private set; }

    /// <summary>What the image starts when nothing is said.</summary>
    internal string[] Command => [.. Container.GetProperty("process").GetProperty("args").EnumerateArray().Select(part => part.GetString()!)];

    /// <summary>Starts a program of the image as the image's user, with the image's root, which cannot be written.</summary>
    internal ChildProcess Start(params IEnumerable<string> command)
    {
        JsonElement user = Container.GetProperty("process").GetProperty("user");
        return ChildProcess.Start(
            "unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "env", "-i", "bash", "-c", InRoot, "bash", Root, $"{user.GetProperty("uid")}:{user.GetProperty("gid")}", .. command]);
    }

    public async Task InitializeAsync()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root may run a program in another root.");
        _bundle = Path.Combine(release.NewFolder("bundle"), "image");
        await BuiltRelease.SucceedAsync("umoci", "unpack", "--image", $"{Layout(release)}:{BuiltRelease.Version}", _bundle);
        Container = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(_bundle, "config.json")));
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
