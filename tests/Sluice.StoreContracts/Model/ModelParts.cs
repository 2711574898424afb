using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>A caller's parts of a key: for each its issuer, its tenant where that belongs to it, and its values.</summary>
internal sealed class ModelParts : IEquatable<ModelParts>
{
    private readonly ImmutableArray<ImmutableArray<string?>> _parts;

    private ModelParts(ImmutableArray<ImmutableArray<string?>> parts) => _parts = parts;

    /// <summary>The parts of a caller. One that the caller lacks has no issuer and no value.</summary>
    internal static ModelParts Of(LimitKey key, CallerIdentity caller) => new([.. key.Select(part => PartOf(part, caller))]);

    public bool Equals(ModelParts? other) =>
        other is not null
        && _parts.Length == other._parts.Length
        && _parts.Zip(other._parts).All(pair => pair.First.SequenceEqual(pair.Second));

    public override bool Equals(object? obj) => Equals(obj as ModelParts);

    public override int GetHashCode() => _parts.SelectMany(part => part).Aggregate(_parts.Length, HashCode.Combine);

    private static ImmutableArray<string?> PartOf(LimitKeyPart part, CallerIdentity caller)
    {
        if (part.Claim is string claim)
        {
            return caller.Claim(claim) is { Length: > 0 } values ? [caller.Issuer, .. values.Order(StringComparer.Ordinal)] : [];
        }

        (string? value, string? tenant) = part == LimitKeyPart.User ? (caller.Subject, caller.UserSpansTenants ? null : caller.Tenant)
            : part == LimitKeyPart.Tenant ? (caller.Tenant, null)
            : (caller.Client, null);
        return value is null ? [] : [caller.Issuer, tenant, value];
    }
}
