using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>What a source of keys knows.</summary>
/// <param name="Keys">The keys that can have made a signature; empty when the issuer has no such key, or when that is not known.</param>
/// <param name="Generation">Changes whenever the source's keys were read again: what an older generation verified may be wrong.</param>
/// <param name="RetryAfter">When to ask again, if the keys are not known at the moment; else null.</param>
internal readonly record struct KeyAnswer(ImmutableArray<VerificationKey> Keys, long Generation, TimeSpan? RetryAfter);
