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
    private JsonElement _container;
    private bool _canChangeRoot;

    internal static string Layout(BuiltRelease release) => Path.Combine(release.Output, $"sluice-{BuiltRelease.Version}-image");

    /// <summary>The root of the image. The test is skipped where it cannot be unpacked.</summary>
    internal string Root
    {
        get
        {
            SkipIfNotUnpacked();
            return Path.Combine(_bundle, "rootfs");
        }
    }

    /// <summary>The configuration of the container that an engine would start.</summary>
    internal JsonElement Container
    {
        get
        {
            SkipIfNotUnpacked();
            return _container;
        }
    }

    /// <summary>What the image starts when nothing is said.</summary>
    internal string[] Command => [.. Container.GetProperty("process").GetProperty("args").EnumerateArray().Select(part => part.GetString()!)];

    /// <summary>Starts a program of the image as the image's user, with the image's root, which cannot be written.</summary>
    internal ChildProcess Start(params IEnumerable<string> command)
    {
        Skip.IfNot(_canChangeRoot, "This machine lets nobody mount a file system, so no program can run in another root.");
        JsonElement user = Container.GetProperty("process").GetProperty("user");
        return ChildProcess.Start(
            "unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "env", "-i", "bash", "-c", InRoot, "bash", Root, $"{user.GetProperty("uid")}:{user.GetProperty("gid")}", .. command]);
    }

    public async Task InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        _bundle = Path.Combine(release.NewFolder("bundle"), "image");
        await BuiltRelease.SucceedAsync("umoci", "unpack", "--image", $"{Layout(release)}:{BuiltRelease.Version}", _bundle);
        _container = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(_bundle, "config.json")));
        await using ChildProcess mounting = ChildProcess.Start("unshare", ["--mount", "--pid", "--fork", "true"]);
        _canChangeRoot = (await mounting.WaitForExitAsync()).ExitCode == 0;
    }

    private void SkipIfNotUnpacked() => Skip.If(_bundle.Length == 0, "Only root may unpack an image with its owners.");

    public Task DisposeAsync() => Task.CompletedTask;
}
