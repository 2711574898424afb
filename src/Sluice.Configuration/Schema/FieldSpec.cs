namespace Sluice.Configuration;

/// <summary>A field that a group may have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What its value must be.</param>
/// <param name="IsRequired">Whether its absence is a fault.</param>
internal sealed record FieldSpec(string Name, ValueSpec Value, bool IsRequired = false)
{
    /// <summary>The same field, whose absence is a fault.</summary>
    internal FieldSpec Required() => this with { IsRequired = true };
}
