using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>The file of decision vectors in the repository is what the model makes.</summary>
public sealed class DecisionVectorFileTests
{
    [Fact]
    public async Task Make_Twice_MakesTheSame()
    {
        string first = await DecisionVectors.Make();

        (await DecisionVectors.Make()).ShouldBe(first);
    }

    [Fact]
    public async Task Text_InTheRepository_IsWhatTheModelMakes()
    {
        string made = await DecisionVectors.Make();

        DecisionVectorFile.Text.ShouldBe(made, "Run eng/write-vectors.sh, and read the difference before you commit it.");
    }
}
