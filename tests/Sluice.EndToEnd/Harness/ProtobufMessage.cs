using Google.Protobuf;

namespace Sluice.EndToEnd;

/// <summary>A message of protocol buffers, read without its schema: each field by its number.</summary>
internal sealed class ProtobufMessage
{
    private readonly ILookup<int, object> _fields;

    private ProtobufMessage(ILookup<int, object> fields) => _fields = fields;

    internal static ProtobufMessage Parse(ByteString bytes)
    {
        List<(int Number, object Value)> fields = [];
        using CodedInputStream input = bytes.CreateCodedInput();
        while (input.ReadTag() is uint tag and not 0)
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType type => throw new InvalidDataException($"The wire type {type} is not used."),
            };
            fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        return new ProtobufMessage(fields.ToLookup(field => field.Number, field => field.Value));
    }

    internal IEnumerable<ProtobufMessage> Messages(int number) => Bytes(number).Select(Parse);

    internal IEnumerable<ByteString> Bytes(int number) => _fields[number].Cast<ByteString>();

    internal string Text(int number) => Bytes(number).FirstOrDefault(ByteString.Empty).ToStringUtf8();

    internal bool Has(int number) => _fields.Contains(number);

    /// <summary>A number of the wire types varint, fixed 64 and fixed 32; zero when it is absent.</summary>
    internal ulong Number(int number) => _fields[number].Cast<ulong>().FirstOrDefault();
}
