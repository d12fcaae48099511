using System.Buffers.Binary;
using System.Text;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Aggregation.Versions;

public sealed class SafetensorsTests
{
    private static readonly SafetensorsContent Sample = new(
        [new("format", "pt"), new("note", "é \"quoted\" \n")],
        [new ModelTensor("a.bias", [2], [1.5, -0.0]), new ModelTensor("b", [2, 3], [1, 2, 3, double.MaxValue, double.Epsilon, 1e-300]), new ModelTensor("empty", [0, 4], []), new ModelTensor("one", [], [7])]);

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit_whatever_the_order()
    {
        var bytes = Safetensors.Write(Sample);
        var read = Safetensors.Read("w", bytes);
        read.Metadata.ShouldBe(Sample.Metadata);
        read.Tensors.Select(static t => t.Name).ShouldBe(["a.bias", "b", "empty", "one"]);
        for (var i = 0; i < read.Tensors.Count; i++)
        {
            read.Tensors[i].Shape.ShouldBe(Sample.Tensors[i].Shape);
            read.Tensors[i].Values.Select(BitConverter.DoubleToInt64Bits).ShouldBe(Sample.Tensors[i].Values.Select(BitConverter.DoubleToInt64Bits));
        }

        Safetensors.Write(new SafetensorsContent([.. Sample.Metadata.Reverse()], [.. Sample.Tensors.Reverse()])).ShouldBe(bytes);
    }

    [Fact]
    public void The_bytes_are_the_public_format()
    {
        var bytes = Safetensors.Write(new SafetensorsContent([], [new ModelTensor("w", [1], [1.0])]));
        var header = """{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        BinaryPrimitives.ReadInt64LittleEndian(bytes).ShouldBe(padded.Length);
        Encoding.UTF8.GetString(bytes, 8, padded.Length).ShouldBe(padded);
        bytes.AsSpan(8 + padded.Length).ToArray().ShouldBe([0, 0, 0, 0, 0, 0, 0xF0, 0x3F]);
    }

    [Fact]
    public void A_file_cut_off_anywhere_says_so_and_names_itself()
    {
        var bytes = Safetensors.Write(Sample);
        for (var length = 0; length < bytes.Length; length++)
        {
            var fault = Should.Throw<OrchestrationException>(() => Safetensors.Read("some/weights.safetensors", bytes.AsSpan(0, length)));
            fault.Code.ShouldBe(ErrorCodes.Input);
            fault.Message.ShouldStartWith("some/weights.safetensors ");
            fault.Message.ShouldEndWith("again.");
        }
    }

    [Fact]
    public void A_byte_changed_anywhere_in_the_header_gives_a_message_or_another_content_and_nothing_else()
    {
        var bytes = Safetensors.Write(Sample);
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        for (var at = 0; at < headerEnd; at++)
        {
            foreach (var value in new byte[] { 0, 0xFF, (byte)'"', (byte)'9', (byte)'}' })
            {
                var changed = (byte[])bytes.Clone();
                changed[at] = value;
                try
                {
                    Safetensors.Read("w", changed);
                }
                catch (OrchestrationException fault)
                {
                    fault.Message.ShouldStartWith("w ");
                }
            }
        }
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}""", 16, "overlap")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", 8, "overlap")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}""", 16, "leave a gap")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", 24, "16 bytes behind its last tensor")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4],"data_offsets":[0,32]}}""", 16, "should end at byte 32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "as F32; weights are F64")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}""", 8, "not its shape of 2 numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2147483647,2147483647,2147483647,8],"data_offsets":[0,8]}}""", 8, "a shape")]
    [InlineData("""{"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}""", 8, "no small whole numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[-8,0]}}""", 8, "no small whole numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}""", 8, "not its shape")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,18446744073709551615]}}""", 8, "no small whole numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1.5],"data_offsets":[0,8]}}""", 8, "no small whole numbers")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1]}}""", 8, "without its dtype")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}""", 16, "twice")]
    [InlineData("""{"a":[1]}""", 8, "no object")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "no text")]
    [InlineData("""[1]""", 0, "does not begin with '{'")]
    [InlineData("""{"a":""", 0, "not well-formed JSON")]
    [InlineData("""{}{}""", 0, "not well-formed JSON")]
    public void A_hostile_header_is_refused_with_the_place(string header, int dataBytes, string says)
    {
        var fault = Should.Throw<OrchestrationException>(() => Safetensors.Read("evil.safetensors", Bytes(header, dataBytes)));
        fault.Message.ShouldStartWith("evil.safetensors ");
        fault.Message.ShouldContain(says);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData((16UL << 20) + 1)]
    public void A_huge_header_is_not_believed(ulong length)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Should.Throw<OrchestrationException>(() => Safetensors.Read("evil", bytes)).Message.ShouldContain("states a header of");
    }

    [Fact]
    public void A_hostile_name_is_shortened_and_shown_without_control_characters()
    {
        var header = $$$"""{"{{{new string('x', 5000)}}}\u001b[31m":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""";
        var fault = Should.Throw<OrchestrationException>(() => Safetensors.Read("evil", Bytes(header, 1)));
        fault.Message.Length.ShouldBeLessThan(300);
        fault.Message.ShouldNotContain("\u001b");
    }

    [Fact]
    public void Names_that_stand_twice_and_shapes_that_do_not_fit_are_not_written()
    {
        Should.Throw<ArgumentException>(() => Safetensors.Write(new SafetensorsContent([], [new ModelTensor("w", [1], [1]), new ModelTensor("w", [1], [2])])));
        Should.Throw<ArgumentException>(() => Safetensors.Write(new SafetensorsContent([], [new ModelTensor("w", [2], [1])])));
        Should.Throw<ArgumentException>(() => Safetensors.Write(new SafetensorsContent([], [new ModelTensor("__metadata__", [1], [1])])));
    }

    private static byte[] Bytes(string header, int dataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        return bytes;
    }
}
