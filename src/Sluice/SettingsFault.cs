namespace Sluice;

/// <summary>One thing that is wrong with settings: where, and what to do about it.</summary>
/// <param name="Path">The place, such as <c>tools[1].perUser</c>; empty for the whole.</param>
/// <param name="Message">The value, the rule and the way out.</param>
public sealed record SettingsFault(string Path, string Message)
{
    /// <summary>The same fault of settings that are at <paramref name="path"/> of something larger.</summary>
    public SettingsFault WithPathPrefix(string path) => this with
    {
        Path = Path.Length == 0 ? path : Path.StartsWith('[') ? path + Path : $"{path}.{Path}",
    };

    /// <summary><c>path: message</c>.</summary>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
