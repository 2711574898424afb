using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>What a source of keys knows.</summary>
/// <param name="Keys">The keys that can have made a signature; none when the issuer has no such key, or when nobody can say.</param>
/// <param name="Generation">Differs whenever the source's keys have been had anew: what an older generation verified may be wrong.</param>
/// <param name="RetryAfter">Where nobody can say at the moment: when to ask again; else null.</param>
internal readonly record struct KeyAnswer(ImmutableArray<VerificationKey> Keys, long Generation, TimeSpan? RetryAfter);
