using Sluice.Conformance;

namespace Sluice.Tests;

/// <summary>The model against itself: proves nothing of it, but that histories run, and how long they take.</summary>
public sealed class ModelHistoryTests : HistoryContract<ModelUnderTest>;
