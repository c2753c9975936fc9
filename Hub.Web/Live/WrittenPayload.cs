using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Web.Live;

/// <summary>An event's payload as JSON, written once however many connections it goes to.</summary>
[JsonConverter(typeof(Writer))]
internal sealed class WrittenPayload
{
    private static readonly ConditionalWeakTable<object, WrittenPayload> Known = [];

    private readonly object payload;
    private byte[]? written;

    private WrittenPayload(object payload) => this.payload = payload;

    public static WrittenPayload Of(object payload) => Known.GetValue(payload, static p => new WrittenPayload(p));

    private sealed class Writer : JsonConverter<WrittenPayload>
    {
        public override WrittenPayload Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, WrittenPayload value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.written ??= JsonSerializer.SerializeToUtf8Bytes(value.payload, value.payload.GetType(), options), skipInputValidation: true);
    }
}
