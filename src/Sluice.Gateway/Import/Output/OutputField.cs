namespace Sluice.Gateway;

/// <summary>A field of our document; one of the three kinds of value is there.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Comment">A line for the reader above it, or null.</param>
internal sealed record OutputField(string Name, string? Comment)
{
    /// <summary>A value as YAML writes it on one line.</summary>
    internal string? Line { get; init; }

    internal OutputGroup? Group { get; init; }

    internal List<OutputGroup>? Items { get; init; }
}
