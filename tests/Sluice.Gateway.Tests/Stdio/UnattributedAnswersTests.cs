using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class UnattributedAnswersTests
{
    private readonly UnattributedAnswers<int> _answers = new();

    [Fact]
    public void Add_OneCallInFlight_FailsIt() => _answers.Add([1]).ShouldBe([1]);

    [Fact]
    public void Add_NoCallInFlight_FailsNone() => _answers.Add([]).ShouldBeEmpty();

    [Fact]
    public void Remove_AllCallsButOneAreAnswered_FailsTheLastOne()
    {
        _answers.Add([1, 2, 3]).ShouldBeEmpty();

        _answers.Remove(2).ShouldBeEmpty();
        _answers.Remove(4).ShouldBeEmpty(); // It began later.
        _answers.Remove(1).ShouldBe([3]);
        _answers.Remove(5).ShouldBeEmpty();
    }

    [Fact]
    public void Add_AsManyAnswersAsCalls_FailsAllOfThem()
    {
        _answers.Add([1, 2]).ShouldBeEmpty();

        _answers.Add([1, 2]).ShouldBe([1, 2], ignoreOrder: true);
    }

    [Fact]
    public void Add_MoreAnswersThanAreRemembered_FailsNoCallThatMayBeAnswered()
    {
        int[] calls = [.. Enumerable.Range(0, 100)];
        for (int answer = 0; answer < 3 * UnattributedAnswers<int>.MaxAnswers; answer++)
        {
            _answers.Add(calls).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":5,"result":{"x":NaN}}""", true, "5")]
    [InlineData("""{"jsonrpc":"2.0","id":5}""", true, "5")]
    [InlineData("""{"result":{"x":NaN},"jsonrpc":"2.0","id":5}""", true, "5")]
    [InlineData("""{"jsonrpc":"2.0","result":{"x":Infinity},"id":5}""", true, "5")]
    [InlineData("""{"jsonrpc":"2.0","result":{""", true, "")]
    [InlineData("""  {"jsonrpc": "2.0", "id": "a", "result": tru""", true, "\"a\"")]
    [InlineData("""[{"jsonrpc":"2.0","result":tru""", true, "")]
    [InlineData("\"jsonrpc\": \"2.0\",", true, "")]
    [InlineData("""{"jsonrpc":"2.0"}""", false, "")]
    [InlineData("""{"jsonrpc":"2.0","method":"x","params":tru""", false, "")]
    [InlineData("""{"level":"info","id":5,"body":{"jsonrpc":"2.0","id":5,"method":"x"}}""", false, "")]
    [InlineData("""[INFO] received {"jsonrpc":"2.0","id":5}""", false, "")]
    [InlineData("""received {"jsonrpc":"2.0","id":5}""", false, "")]
    [InlineData("""{"level":"info"}""", false, "")]
    [InlineData("[1,2]", false, "")]
    [InlineData("Starting up ...", false, "")]
    public void IsMeant_OfALineThatIsNoMessage_TellsDamagedAnswersFromLogs(string line, bool expected, string expectedId)
    {
        bool isMeant = UnreadableAnswer.IsMeant(Encoding.UTF8.GetBytes(line), out ReadOnlyMemory<byte> id);

        isMeant.ShouldBe(expected);
        if (expected)
        {
            Encoding.UTF8.GetString(id.Span).ShouldBe(expectedId);
        }
    }
}
