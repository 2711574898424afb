namespace Sluice.Redis;

/// <summary>What a process would like to do with its share of a bucket.</summary>
/// <param name="InUse">The parts that it keeps; at most those that it has.</param>
/// <param name="Wished">The parts that it would like to have.</param>
/// <param name="Demand">Its demand, in tokens a second.</param>
/// <param name="IsShort">Whether it had to reject callers.</param>
/// <param name="IsUrgent">Whether it should say so before the next renewal.</param>
internal readonly record struct ShareWish(int InUse, int Wished, double Demand, bool IsShort, bool IsUrgent);
