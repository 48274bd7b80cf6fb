// Package outcome is the one table of how a task can fail: from what a recipient's failure means to
// the code, the advice and the plain words that the person gets.
//
// It promises that every class of failure has a row, and that every row says in two languages what
// happened and what can be done. It never holds a recipient's own words, and it never says whether
// anything was sent: that is a fact of the task, which stands beside it.
package outcome

import (
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
)

// Advice is what a person can do about a failure.
type Advice string

// The advices.
const (
	Wait         Advice = "wait"
	ChangeInput  Advice = "change_input"
	AnotherPhoto Advice = "another_photo"
	Nothing      Advice = "nothing"
)

// Words is a text in the languages of the API.
type Words struct{ EN, ZH string }

// In returns the text in lang.
func (w Words) In(lang privacy.Lang) string {
	if lang == "zh-Hans" {
		return w.ZH
	}
	return w.EN
}

// Words returns the advice in plain words.
func (a Advice) Words() Words {
	switch a {
	case Wait:
		return Words{"Wait a little and try again.", "请稍等片刻再试。"}
	case ChangeInput:
		return Words{"Change the text or the picture and try again.", "请修改文字或图片后再试。"}
	case AnotherPhoto:
		return Words{"Choose another photo and try again.", "请换一张照片再试。"}
	default:
		return Words{"There is nothing you can do about it.", "您无需也无法采取任何操作。"}
	}
}

// Row is one way to fail.
type Row struct {
	Code    string
	Classes []egress.Class // that lead here; none: a failure of our own steps
	Advice  Advice
	Title   Words
	Detail  Words
}

// Of returns the row of a class of failure. One that is in no row is ours.
func Of(c egress.Class) Row {
	for _, r := range Table() {
		for _, class := range r.Classes {
			if class == c {
				return r
			}
		}
	}
	return Row{Code: "internal", Advice: Wait}
}

// AdviceFor returns what to do about a task that ended with a code.
func AdviceFor(code string) Advice {
	for _, r := range Table() {
		if r.Code == code {
			return r.Advice
		}
	}
	switch code {
	case "media-unreadable", "media-unsupported", "media-too-large", "upload-again", "erased":
		return AnotherPhoto
	case "review-blocked":
		return ChangeInput
	case "review-held", "review-required", "expired", "internal", "busy", "storage-unavailable":
		return Wait
	default:
		return Nothing
	}
}

// Table returns every row.
func Table() []Row { return append(atRecipients(), atOurs()...) }

// atOurs are the ways in which the own engine cannot go on.
func atOurs() []Row {
	return []Row{
		{"picture-too-large", nil, AnotherPhoto,
			Words{"The result would be too large", "结果会过大"},
			Words{"The picture made of this photo would have more pixels than can be made here. Use a smaller photo or a smaller factor.", "由此照片生成的图片像素会超出此处可处理的范围。请使用较小的照片或较小的倍数。"}},
		{"restored", nil, Wait,
			Words{"Ended when a backup was put back", "因恢复备份而结束"},
			Words{"This server was put back to an earlier state, in which this was still under way, so we ended it. What was done after that state is not known here: it may have been received. We send nothing of it again.", "此服务器已恢复到较早的状态，当时此任务尚未完成，因此我们将其结束。此处无法得知该状态之后的处理情况：内容可能已被接收。我们不会再次发送其中的任何内容。"}},
		{"several-faces", nil, AnotherPhoto,
			Words{"More than one face", "照片中有多张人脸"},
			Words{"This effect needs a photo with exactly one face. Use one in which nobody else can be seen, or cut the others off.", "此效果需要只有一张人脸的照片。请使用没有其他人的照片，或裁掉其他人。"}},
		{"face-too-small", nil, AnotherPhoto,
			Words{"The face is too small", "人脸太小"},
			Words{"The face has too few pixels to work with. Go closer, or cut the photo around the face from a larger copy.", "人脸像素太少，无法处理。请靠近拍摄，或从更大的原图中裁剪人脸部分。"}},
		{"face-in-profile", nil, AnotherPhoto,
			Words{"The face is turned away", "人脸侧向太多"},
			Words{"This effect needs both eyes and the mouth. Use a photo in which the face looks at the camera.", "此效果需要看到双眼和嘴。请使用正对镜头的照片。"}},
		{"video-unreadable", nil, AnotherPhoto,
			Words{"The video cannot be read", "无法读取视频"},
			Words{"The video is damaged, or of a kind that cannot be opened here. Use another one, as MP4.", "视频已损坏或格式不受支持。请换一个 MP4 视频。"}},
		{"film-too-long", nil, AnotherPhoto,
			Words{"The film is too long", "影片过长"},
			Words{"The film has more frames than can be made here in time. Choose fewer seconds or a smaller size.", "影片的帧数超出此处可处理的范围。请减少秒数或选择较小的尺寸。"}},
		{"film-failed", nil, Wait,
			Words{"The film could not be made", "无法生成影片"},
			Words{"The program that writes films stopped without a result. Nothing left this server. Try again.", "生成影片的程序未给出结果便停止了。没有任何内容离开此服务器。请重试。"}},
		{"film-tool-missing", nil, Nothing,
			Words{"Videos cannot be opened here", "此处无法打开视频"},
			Words{"This server has no program that opens videos. The operator can install ffmpeg.", "此服务器没有可打开视频的程序。运营者可以安装 ffmpeg。"}},
	}
}

// atRecipients are the ways in which a recipient's work can fail.
func atRecipients() []Row {
	return []Row{
		{"provider-unavailable", []egress.Class{egress.Throttled, egress.Transient, egress.Waiting}, Wait,
			Words{"The recipient is not available", "接收方暂不可用"},
			Words{"The recipient did not answer. We do not send your photo to anyone else. Try again later.", "接收方没有响应。我们不会把您的照片发送给其他方。请稍后再试。"}},
		{"content-refused", []egress.Class{egress.ContentRefused}, ChangeInput,
			Words{"The recipient refused the content", "接收方拒绝了内容"},
			Words{"The recipient's own rules do not allow this text or picture. Try again with another one.", "接收方自己的规则不允许此文字或图片。请更换后再试。"}},
		{"real-person-refused", []egress.Class{egress.RealPersonRefused}, AnotherPhoto,
			Words{"The recipient takes no pictures of real people here", "接收方不接受真人照片"},
			Words{"The recipient does not do this with a picture of a real person. Use a picture without one.", "接收方不对真人照片执行此操作。请使用没有真人的图片。"}},
		{"no-face", []egress.Class{egress.NoFace}, AnotherPhoto,
			Words{"No face found", "未找到人脸"},
			Words{"This effect needs a photo with a face. Use a photo in which the face is clear, from the front and not too small.", "此效果需要有人脸的照片。请使用人脸清晰、正面且不太小的照片。"}},
		{"picture-refused", []egress.Class{egress.BadMedia}, AnotherPhoto,
			Words{"The recipient cannot use this picture", "接收方无法使用此图片"},
			Words{"The recipient cannot work with this picture: its size, form or quality does not suit it. Use another one.", "接收方无法处理此图片：其尺寸、格式或质量不合适。请换一张。"}},
		{"provider-refused", []egress.Class{egress.Failed}, ChangeInput,
			Words{"The recipient did not make a result", "接收方未生成结果"},
			Words{"The recipient received your request but did not make a result. Try again with another photo or text.", "接收方收到了请求，但没有生成结果。请换一张照片或文字再试。"}},
		{"provider-account", []egress.Class{egress.Quota, egress.Auth}, Nothing,
			Words{"The recipient does not serve us now", "接收方目前不为我们服务"},
			Words{"The recipient does not accept our account at the moment. The operator has to set this right; it has nothing to do with your photo.", "接收方目前不接受我们的账户。这需要由运营者解决，与您的照片无关。"}},
		{"provider-lost", []egress.Class{egress.Gone}, Wait,
			Words{"The recipient no longer has the work", "接收方已没有该任务"},
			Words{"The recipient says that it no longer has this work or its result. Start again if you still want it.", "接收方表示已没有此任务或其结果。如仍需要，请重新开始。"}},
		{"provider-mismatch", []egress.Class{egress.Bug}, Nothing,
			Words{"We and the recipient do not understand each other", "我们与接收方之间出现错误"},
			Words{"The recipient answered in a way that we did not expect. This is a fault on our side or theirs; it has nothing to do with your photo.", "接收方的答复出乎我们的预期。这是我们或对方的错误，与您的照片无关。"}},
		{"provider-interrupted", []egress.Class{egress.UnknownOutcome}, Wait,
			Words{"Interrupted while sending", "发送时中断"},
			Words{"The connection ended while your request was being sent, so it may have been received. We do not send it twice without asking you.", "发送过程中连接中断，对方可能已经收到。未经您同意，我们不会再次发送。"}},
		{"provider-timeout", nil, Wait,
			Words{"The recipient took too long", "接收方超时"},
			Words{"The recipient took too long. The result will be thrown away if it still comes.", "接收方超时。若结果仍然返回，将被丢弃。"}},
		{"egress-refused", []egress.Class{egress.Blocked}, Nothing,
			Words{"Not allowed to leave", "不允许发送"},
			Words{"This data may not be sent to this recipient.", "此数据不允许发送给该接收方。"}},
		{"recipient-paused", nil, Wait,
			Words{"Not available now", "暂不可用"},
			Words{"The operator has paused this recipient. Nothing was sent and nobody else receives your photo. Try again later.", "运营者已暂停使用该接收方。没有发送任何内容，也没有其他方收到您的照片。请稍后再试。"}},
		{"recipient-lapsed", nil, Wait,
			Words{"Not available now", "暂不可用"},
			Words{"Our contract with this recipient has to be reviewed first. Until that is done we send it nothing, and nobody else receives it instead.", "我们与该接收方的合同须先重新复核。在此之前，我们不会向其发送任何内容，也没有其他方代为接收。"}},
		{"recipient-unconfigured", nil, Nothing,
			Words{"Not available now", "暂不可用"},
			Words{"This recipient is not set up on this server. Nothing was sent.", "此服务器未配置该接收方。没有发送任何内容。"}},
	}
}

// Word is the ledger's word for a transfer that did not become a job at its recipient: whether something
// has left, and whether nobody knows.
func Word(left, unknown bool) string {
	switch {
	case unknown:
		return "unknown"
	case left:
		return "sent"
	default:
		return "refused" // nothing left
	}
}
