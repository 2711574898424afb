using System.Text;

namespace Sluice.Mcp.Tests.Reading;

public sealed class AnswerScannerTests
{
    public static TheoryData<string, bool> Messages => new()
    {
        { """{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{}}}""", true },
        { """{"result":{"inputRequests":{"a":{"x":[1,{"resultType":"complete"}]}},"resultType":"input_required"},"id":1}""", true },
        { """  { "result" : { "resultType" : "input_required" } }""", true },
        { """{"result":{"resultType":"complete"}}""", false },
        { """{"result":{"resultType":"complete","resultType":"input_required"}}""", true },
        { """{"result":{"resultType":"input_required","resultType":"complete"}}""", false },
        { """{"result":{"resultType":"input_required"},"result":{}}""", false },
        { """{"result":{"structuredContent":{"resultType":"input_required"}}}""", false },
        { """{"result":{"content":[{"resultType":"input_required"}]}}""", false },
        { """{"result":[{"resultType":"input_required"}]}""", false },
        { """{"result":"resultType","resultType":"input_required"}""", false },
        { """{"result":{"content":[{"text":"\"resultType\":\"input_required\""}],"x":"resultType","y":"input_required"}}""", false },
        { """{"result":{"text":"}}\\","resultType":"input_required"}}""", true },
        { """{"result":{"text":"\\\"}","resultType":"input_required_not"}}""", false },
        { """{"result":{"resultType":["input_required"]}}""", false },
        { """{"error":{"code":1,"message":"m","data":{"resultType":"input_required"}}}""", false },
        { """{"params":{"resultType":"input_required"},"method":"notifications/progress"}""", false },
        { """{"result":{"resultType":"input_required\u0020"}}""", false },
        { """{"result":{"resultType":"input_required" """, false },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Read_OneMessage_FindsTheTypeOfItsResultInWhateverPieces(string message, bool isInputRequired)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        for (int piece = 1; piece <= bytes.Length; piece++)
        {
            AnswerScanner scanner = new(isEventStream: false);
            foreach (byte[] chunk in bytes.Chunk(piece))
            {
                scanner.Read(chunk);
            }

            scanner.IsInputRequired.ShouldBe(isInputRequired, $"in pieces of {piece}");
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Read_EventStream_FindsTheAnswerAmongNotificationsInWhateverPieces(string end)
    {
        string[] lines =
        [
            ":", "event: message", """data: {"method":"notifications/progress","params":{"message":"resultType"}}""", "",
            "id: 7", "retry: 10", "", "data:", "",
            """data: {"id":1,"result":{"content":[],""", """data: "resultType":"input_required"}}""", "",
        ];
        byte[] bytes = Encoding.UTF8.GetBytes(string.Join(end, lines) + end);
        for (int piece = 1; piece <= bytes.Length; piece++)
        {
            AnswerScanner scanner = new(isEventStream: true);
            foreach (byte[] chunk in bytes.Chunk(piece))
            {
                scanner.Read(chunk);
            }

            scanner.IsInputRequired.ShouldBeTrue($"in pieces of {piece}");
            scanner.HasEnded.ShouldBeTrue();
        }
    }

    [Fact]
    public void Read_SecondAnswerInOneStream_DoesNotCount()
    {
        AnswerScanner scanner = new(isEventStream: true);

        scanner.Read("data: {\"result\":{\"resultType\":\"complete\"}}\n\n"u8);
        scanner.Read("data: {\"result\":{\"resultType\":\"input_required\"}}\n\n"u8);

        scanner.IsInputRequired.ShouldBeFalse();
    }

    [Fact]
    public void Read_FieldsThatAreNotData_DoNotCount()
    {
        AnswerScanner scanner = new(isEventStream: true);

        scanner.Read(": {\"result\":{\"resultType\":\"input_required\"}}\n\nevent: {\"result\":{\"resultType\":\"input_required\"}}\n\n"u8);

        scanner.IsInputRequired.ShouldBeFalse();
    }

    [Fact]
    public void Read_LargeAnswer_AllocatesNothing()
    {
        byte[] text = Encoding.UTF8.GetBytes("\"" + new string('x', 1_000_000) + "\\\"\",");
        AnswerScanner scanner = new(isEventStream: false);
        scanner.Read("{\"result\":{\"a\":"u8);

        Allocations.Least(() => scanner.Read(text)).ShouldBe(0);

        scanner.Read("\"resultType\":\"input_required\"}}"u8);
        scanner.IsInputRequired.ShouldBeTrue();
    }
}
