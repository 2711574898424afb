namespace Sluice;

/// <summary>What <see cref="BucketState.Time"/> of an algorithm is.</summary>
internal enum StateTime
{
    /// <summary>The instant at which the bucket is full again.</summary>
    Full,

    /// <summary>The instant of the newest call that counts.</summary>
    NewestCall,

    /// <summary>The start of a window, which the first call of the window decides.</summary>
    WindowStart,

    /// <summary>The end of a window of the calendar.</summary>
    WindowEnd,
}
