namespace Sluice.Tests;

/// <summary>A store, with its clock, that histories are recorded of.</summary>
internal interface IHistoryTarget
{
    Answer Run(Operation operation);
}
