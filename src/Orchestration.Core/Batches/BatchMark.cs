using System.Buffers.Binary;
using System.Buffers.Text;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Batches;

/// <summary>
/// The custom id of a batch's line: the address of the judgment and which of the sweep's judges asks, as 48 characters. So an answer says where it belongs, and
/// nothing has to be kept about it.
/// </summary>
internal readonly record struct BatchMark(JudgmentAddress Address, int Judge)
{
    private const int Length = 36;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        Address.Pair.WriteTo(bytes);
        Address.Judge.WriteTo(bytes[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[32..], checked((ushort)Address.Repeat));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[34..], checked((ushort)Judge));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads it back; false for an id that is none of ours.</summary>
    public static bool TryParse(string text, out BatchMark mark)
    {
        mark = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != 48 || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != Length) return false;
        mark = new BatchMark(
            new JudgmentAddress(Hash128.FromBytes(bytes), Hash128.FromBytes(bytes[16..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[32..])),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[34..]));
        return true;
    }
}
