namespace Sluice.Gateway;

/// <summary>Gives a result what the other era has in it, and leaves every other member as it is.</summary>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Key Changes.</remarks>
internal static class ResultEdit
{
    private const string ResultType = "resultType";
    private const string Meta = "_meta";
    private const string Life = "ttlMs";
    private const string Scope = "cacheScope";

    /// <summary>A result for a client of the modern era.</summary>
    /// <param name="result">The backend's result.</param>
    /// <param name="isCacheable">Whether the method is one whose results say for how long they may be used.</param>
    /// <param name="about">What the virtual server says about itself, from <see cref="ProtocolMeta.OfResult"/>.</param>
    internal static byte[] ForModern(ReadOnlyMemory<byte> result, bool isCacheable, byte[] about)
    {
        if (JsonMembers.Of(result.Span) is not List<JsonMember> members)
        {
            return result.ToArray();
        }

        Range? type = members.ValueOf(ResultType);
        bool isComplete = type is not Range said || result.Span[said].SequenceEqual("\"complete\""u8);
        bool lacksLife = isCacheable && isComplete && members.ValueOf(Life) is null;
        byte[] meta = JsonMembers.Write([about, .. OthersOf(result, members)]);
        return JsonMembers.Write(
        [
            ProtocolMeta.Member(ResultType, type is Range value ? result.Span[value] : "\"complete\""u8),
            .. lacksLife ? [ProtocolMeta.Member(Life, "0"u8), ProtocolMeta.Member(Scope, "\"private\""u8)] : Array.Empty<byte[]>(),
            ProtocolMeta.Member(Meta, meta),
            .. Without(result, members, ResultType, Meta),
        ]);
    }

    /// <summary>A result of a backend of the modern era for a client of the legacy era.</summary>
    internal static byte[] ForLegacy(ReadOnlyMemory<byte> result, bool isCacheable)
    {
        if (JsonMembers.Of(result.Span) is not List<JsonMember> members)
        {
            return result.ToArray();
        }

        byte[][] others = [.. OthersOf(result, members)];
        return JsonMembers.Write(
        [
            .. others.Length == 0 ? [] : new[] { ProtocolMeta.Member(Meta, JsonMembers.Write(others)) },
            .. isCacheable ? Without(result, members, ResultType, Meta, Life, Scope) : Without(result, members, ResultType, Meta),
        ]);
    }

    /// <summary>Whether a result asks its client for more, and for the same request again.</summary>
    internal static bool IsInputRequired(ReadOnlySpan<byte> result) =>
        JsonMembers.Of(result) is List<JsonMember> members
        && members.ValueOf(ResultType) is Range type
        && JsonMembers.TextOf(result[type]) == "input_required";

    /// <summary>The members of <c>_meta</c> that are not the protocol's.</summary>
    private static IEnumerable<byte[]> OthersOf(ReadOnlyMemory<byte> result, List<JsonMember> members)
    {
        if (members.ValueOf(Meta) is not Range part || JsonMembers.Of(result.Span[part]) is not List<JsonMember> meta)
        {
            return [];
        }

        return meta
            .Where(member => !ProtocolMeta.IsOwn(member.Name))
            .Select(member => result[part].Span[member.Member].ToArray());
    }

    private static IEnumerable<byte[]> Without(ReadOnlyMemory<byte> result, List<JsonMember> members, params string[] names) => members
        .Where(member => !names.Contains(member.Name))
        .Select(member => result.Span[member.Member].ToArray());
}
