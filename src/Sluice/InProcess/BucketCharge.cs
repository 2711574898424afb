namespace Sluice;

/// <summary>One bucket's side of a call that takes other numbers of tokens from its buckets than it costs.</summary>
/// <param name="Needed">The whole tokens that the bucket must have; more than there are for a bucket that admits nothing.</param>
/// <param name="Tokens">The tokens that are taken from it; 0 for a look.</param>
internal record struct BucketCharge(int Needed, ulong Tokens)
{
    /// <summary>The whole tokens that the bucket had before the charge.</summary>
    internal int Remaining { get; set; }

    /// <summary>Whether that was enough.</summary>
    internal readonly bool HasEnough => Remaining >= Needed;

    /// <summary>The time until the bucket is new again, after the charge if there was one.</summary>
    internal TimeSpan ResetAfter { get; set; }
}
