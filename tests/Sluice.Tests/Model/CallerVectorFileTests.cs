using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>The file of caller vectors in the repository is what the model makes.</summary>
public sealed class CallerVectorFileTests
{
    [Fact]
    public async Task Make_Twice_MakesTheSame()
    {
        string first = await CallerVectorFile.Make();

        (await CallerVectorFile.Make()).ShouldBe(first);
    }

    [Fact]
    public async Task Text_InTheRepository_IsWhatTheModelMakes()
    {
        string made = await CallerVectorFile.Make();

        CallerVectorFile.Text.ShouldBe(made, "Run eng/write-vectors.sh, and read the difference before you commit it.");
    }
}
